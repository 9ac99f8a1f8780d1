"""What the checks find, and how it is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from attrs import field, frozen

from geoaug.errors import ParameterError

CODES: dict[str, str] = {
    "failed": "the call itself failed, or gave no dict with the targets that went in",
    "not-deterministic": "the same seed gave another result",
    "input-changed": "what was passed in was modified",
    "target-lost": "a target went in and did not come out",
    "size": "masks, mask and image are not of one size",
    "dtype": "a target came back in another kind of numbers",
    "label-type": "a label came back as another type",
    "label-value": "a label came back with another value, or one that never went in",
    "rows": "targets that belong together have fallen out of step, or a row came back more than once",
    "box-outside": "a box reaches out of the picture, is empty or not finite",
    "box-shift": "a box lies beside its object",
    "box-large": "a box is larger than what it was drawn around",
    "box-small": "a box does not hold its object",
    "box-lost": "an object is whole in the picture, and its box is gone",
    "box-ghost": "a box stayed, and the picture shows nothing of its object",
    "mask-shift": "a mask lies beside its object",
    "mask-lost": "an object is in the picture, and its mask is empty",
    "mask-values": "a mask holds values that never went in",
    "polygon-shift": "a polygon lies beside its object, or beside its mask",
    "polygon-lost": "an object is in the picture, and its polygon is empty",
    "keypoint-shift": "a keypoint lies beside its place in the picture",
    "keypoint-lost": "the place of a keypoint is in the picture, and the keypoint is gone",
    "keypoint-outside": "a keypoint lies outside of the box or the picture that it belongs to",
    "area": "an area is not that of the shape",
}


@frozen
class Finding:
    """One disagreement.

    Args:
        code: Its kind, one of ``CODES``.
        target: Where it is, such as ``bboxes``.
        row: Row of the target that came back; None where it is about no row.
        pixels: By how much, px of the output; None where it is about no distance.
        message: The whole story in a sentence.
        call: Number of the call that showed it, from 0; the seed of that call is the audit's seed and this number.
        place: x, y in continuous pixels of the output, where to look; None where there is no such place.
    """

    code: str
    target: str
    row: int | None
    pixels: float | None
    message: str
    call: int | None = None
    place: tuple[float, float] | None = None

    def __str__(self) -> str:
        return f"[{self.code}] {self.message}"


class Inconsistent(AssertionError):
    """Labels and pixels disagree.

    Args:
        findings: All that was found, the first one first.
        title: What was looked at.
        picture: Path of the picture that shows the first finding; None where none was drawn.
        notes: Further lines.
    """

    def __init__(self, findings: Sequence[Finding], title: str = "", picture: str | None = None, notes: Sequence[str] = ()) -> None:
        self.findings, self.title, self.picture, self.notes = tuple(findings), title, picture, tuple(notes)
        super().__init__(self._told())

    def _told(self) -> str:
        first = self.findings[0] if self.findings else None
        lines = [f"{self.title}: {first}" if self.title and first else str(first or self.title)]
        if self.picture is not None:
            lines.append(f"picture: {self.picture}")
        others = kinds(self.findings)
        if len(self.findings) > 1:
            lines.append(f"all {len(self.findings)} findings, the first of each kind:")
            lines += [f"  {count} x {finding}" for finding, count in others]
        return "\n".join([*lines, *self.notes])

    def __reduce__(self) -> Any:  # between the workers of pytest-xdist
        return type(self), (self.findings, self.title, self.picture, self.notes)


class NothingChecked(Inconsistent):
    """Too little could be compared to call it consistent: an audit that saw nothing must not pass."""

    def __init__(self, findings: Sequence[Finding] = (), title: str = "", picture: str | None = None, notes: Sequence[str] = ()) -> None:
        super().__init__(findings, title, picture, notes)


@frozen
class Report:
    """What an audit without findings looked at.

    Args:
        title: What was looked at.
        calls: Calls with draws of their own.
        judged: For each target, how many rows were compared with the pixels.
        unclear: For each target, how many rows could not be: covered, cut off, smeared.
        notes: What else one should know.
    """

    title: str
    calls: int
    judged: dict[str, int] = field(factory=dict)
    unclear: dict[str, int] = field(factory=dict)
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = [f"{name} {count}" + (f" (+ {self.unclear[name]} unclear)" if self.unclear.get(name) else "") for name, count in self.judged.items()]
        return "\n".join([f"{self.title}: consistent in {self.calls} calls; rows compared: {', '.join(parts) or 'none'}", *self.notes])


def kinds(findings: Iterable[Finding]) -> list[tuple[Finding, int]]:
    """Returns: The first finding of each code, and how many of that code there are."""
    firsts: dict[str, Finding] = {}
    counts: Counter[str] = Counter()
    for finding in findings:
        firsts.setdefault(finding.code, finding)
        counts[finding.code] += 1
    return [(finding, counts[code]) for code, finding in firsts.items()]


def check_codes(ignore: Iterable[str]) -> frozenset[str]:
    """Returns: The codes to leave out.

    Raises:
        ParameterError: One that does not exist, which would leave out nothing.
    """
    codes = frozenset([ignore] if isinstance(ignore, str) else ignore)
    if unknown := sorted(codes - set(CODES)):
        raise ParameterError(f"ignore={unknown!r}: expected codes of findings: {', '.join(CODES)}")
    return codes
