"""One finding about one record, named so that people can find it and programs can count it."""

from __future__ import annotations

from typing import Any

from attrs import asdict, frozen


@frozen
class Problem:
    """What is wrong with one record of a data set.

    Args:
        code: Stable kebab-case name of the kind, such as ``image-missing``.
        message: A sentence that names the value, what was expected, and the way out.
        image_id: Id of the image record concerned, as the file has it.
        annotation_id: Id of the annotation concerned, as the file has it.
        file_name: File name of the image concerned.
    """

    code: str
    message: str
    image_id: Any = None
    annotation_id: Any = None
    file_name: str | None = None

    def line(self) -> str:
        """Returns: One printable line; data is escaped, so nothing in a name reaches the terminal raw."""
        place = [
            f"{name} {value!r}"
            for name, value in (("image", self.image_id), ("annotation", self.annotation_id), ("file", self.file_name))
            if value is not None
        ]
        return f"{self.code}: {', '.join(place)}{': ' if place else ''}{self.message}"

    def record(self) -> dict[str, Any]:
        """Returns: The same as a JSON object, without the empty places."""
        return {key: value for key, value in asdict(self).items() if value is not None}
