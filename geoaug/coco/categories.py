"""Categories as people name them: by their names in the file, or by their ids."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from geoaug.coco.document import Record
from geoaug.errors import ParameterError

MOST_NAMES = 20  # that a message lists


def id_of(where: str, word: str, categories: list[Record]) -> Any:
    """Find the category that a word stands for: a name as the file has it, or else an id.

    Args:
        where: Where the word stands, for messages.
        word: The name or id.
        categories: Records of the data set.

    Returns:
        The id of the category.

    Raises:
        ParameterError: No category is called so, or several are.
    """
    ids = [row["id"] for row in categories if row.get("name") == word] or [row["id"] for row in categories if str(row["id"]) == word]
    if len(ids) > 1:
        raise ParameterError(f"{where}: {word!r} is the name of {len(ids)} categories; write an id: {', '.join(map(str, ids[:MOST_NAMES]))}")
    if not ids:
        raise ParameterError(f"{where}: no category is called {word!r}; {_hint(word, categories)}")
    return ids[0]


def name_of(category_id: Any, categories: list[Record]) -> str:
    """Returns: The name of a category, or its id where it has none."""
    return next((str(row["name"]) for row in categories if row["id"] == category_id and row.get("name")), str(category_id))


def _hint(word: str, categories: list[Record]) -> str:
    names = list(dict.fromkeys(str(row["name"]) for row in categories if row.get("name")))
    near = difflib.get_close_matches(word.casefold(), {name.casefold(): name for name in names}, n=1)
    if near:
        return f"did you mean {next(name for name in names if name.casefold() == near[0])!r}?"
    if not names:
        return "the file's categories have no names; write an id"
    return f"the file has {', '.join(map(repr, names[:MOST_NAMES]))}{' …' if len(names) > MOST_NAMES else ''}"


def counts(row: Mapping[str, Any]) -> bool:
    """Returns: Whether an annotation is one object: it has a category and is no crowd, which stands for nobody knows how many."""
    return row.get("category_id") is not None and not row.get("iscrowd")
