"""Programs written against Albumentations run with the import changed, and give what they gave, in the same kinds."""

from __future__ import annotations

import re
import subprocess
import sys
import warnings
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

HERE = Path(__file__).parent
PROGRAMS = sorted(path.stem for path in HERE.glob("*.py") if path.stem not in ("__init__", "data", "test_clients"))
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*today:UserWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),  # notes about spellings of 1.x, and those of 2.0.8 about its own arguments
]


def program(name: str, package: str) -> ModuleType:
    """A program with its import of albumentations changed to another package, and nothing else."""
    source = (HERE / f"{name}.py").read_text(encoding="utf-8")
    made = ModuleType(f"client_{name}_{package}")
    made.__file__ = str(HERE / f"{name}.py")
    sys.modules[made.__name__] = made  # so that classes that it defines can be looked up by their names
    changed = re.sub(r"^import albumentations$", f"import {package} as albumentations", source, flags=re.MULTILINE)
    changed = re.sub(r"^(import|from) albumentations(?=[ .])(?! as albumentations)", rf"\1 {package}", changed, flags=re.MULTILINE)
    exec(compile(changed, f"{name}.py", "exec"), made.__dict__)
    return made


def compare(ours, theirs, place, values=True):
    """Same types all the way in, same dtypes and shapes; with ``values`` the same content.

    Two differences are deliberate (23 and 24 in docs/why/differences.md): labels come back as they came where 2.0.8 makes them floats,
    and an array of coordinates keeps its dtype.
    """
    if type(ours) is int and type(theirs) is float:
        theirs = int(theirs)
    assert type(ours) is type(theirs), f"{place}: {type(ours)} where {type(theirs)} is expected"
    if isinstance(ours, dict):
        assert ours.keys() == theirs.keys(), place
        for name in ours:
            compare(ours[name], theirs[name], f"{place}[{name!r}]", values)
    elif isinstance(ours, (list, tuple)):
        assert len(ours) == len(theirs), f"{place}: {ours} where {theirs} is expected"
        for number, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            compare(one, other, f"{place}[{number}]", values)
    elif hasattr(ours, "dtype"):
        assert ours.dtype == theirs.dtype or _are_coordinates(ours, theirs, place), f"{place}: {ours.dtype} where {theirs.dtype} is expected"
        assert ours.shape == theirs.shape, place
        if values:
            close = {"rtol": 0, "atol": 1e-4} if np.asarray(ours).dtype.kind == "f" else {"rtol": 0, "atol": 0}
            np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), **close, err_msg=place)
    elif isinstance(ours, float):
        assert not values or ours == pytest.approx(theirs, abs=1e-4), place
    else:
        assert not values or ours == theirs, f"{place}: {ours!r} where {theirs!r} is expected"


def _are_coordinates(ours, theirs, place):
    return {str(ours.dtype), str(theirs.dtype)} == {"float32", "float64"} and ("bboxes" in place or "keypoints" in place)


def having(function: str) -> list[str]:
    return [name for name in PROGRAMS if f"def {function}(" in (HERE / f"{name}.py").read_text(encoding="utf-8")]


@pytest.mark.parametrize("name", having("exact"))
def test_where_nothing_is_left_to_chance_a_program_gets_what_2_0_8_gave_it(name):
    compare(program(name, "geoaug").exact(), program(name, "albumentations").exact(), name)


@pytest.mark.parametrize("name", having("kinds"))
def test_what_is_random_comes_in_the_kinds_of_2_0_8(name):
    compare(program(name, "geoaug").kinds(), program(name, "albumentations").kinds(), name, values=False)


@pytest.mark.parametrize("name", having("former"))
def test_what_only_1_x_said_keeps_the_meaning_that_it_had(name):
    program(name, "geoaug").former()
