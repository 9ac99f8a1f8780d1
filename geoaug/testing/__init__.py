"""Checks for tests of one's own: do boxes, masks, polygons, keypoints and labels tell the story that the picture tells?

``assert_consistent(result)`` looks at one result; ``assert_pipeline_consistent(pipeline)`` paints pictures, sends them through any callable
in Albumentations' shape and compares what comes back with the pixels. Both raise an ``AssertionError`` that says what disagrees, in which
row and by how many pixels. The pytest plugin offers both as fixtures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geoaug.testing.audit import assert_pipeline_consistent
    from geoaug.testing.consistent import assert_consistent
    from geoaug.testing.findings import CODES, Finding, Inconsistent, NothingChecked, Report

__all__ = ["CODES", "Finding", "Inconsistent", "NothingChecked", "Report", "assert_consistent", "assert_pipeline_consistent"]

_MODULES = {
    "assert_consistent": "consistent",
    "assert_pipeline_consistent": "audit",
    **dict.fromkeys(("CODES", "Finding", "Inconsistent", "NothingChecked", "Report"), "findings"),
}


def __getattr__(name: str) -> Any:
    """Load a name where it is first used: the pytest plugin lies beside, and must cost nothing where nobody asks for it."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
