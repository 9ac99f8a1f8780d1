"""Programs written against Albumentations run with the import changed, and give what they gave, in the same kinds."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import albumentations as theirs
import numpy as np
import pytest

import geoaug as ours

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


def compare(one, other, place, values=True):
    """Same types all the way in, same dtypes and shapes; with ``values`` the same content.

    Two differences are deliberate (23 and 24 in docs/why/differences.md): labels come back as they came where 2.0.8 makes them floats,
    and an array of coordinates keeps its dtype.
    """
    if type(one) is int and type(other) is float:
        other = int(other)
    assert type(one) is type(other), f"{place}: {type(one)} where {type(other)} is expected"
    if isinstance(one, dict):
        assert one.keys() == other.keys(), place
        for name in one:
            compare(one[name], other[name], f"{place}[{name!r}]", values)
    elif isinstance(one, (list, tuple)):
        assert len(one) == len(other), f"{place}: {one} where {other} is expected"
        for number, (mine, its) in enumerate(zip(one, other, strict=True)):
            compare(mine, its, f"{place}[{number}]", values)
    elif hasattr(one, "dtype"):
        assert one.dtype == other.dtype or _are_coordinates(one, other, place), f"{place}: {one.dtype} where {other.dtype} is expected"
        assert one.shape == other.shape, place
        if values:
            close = {"rtol": 0, "atol": 1e-4} if np.asarray(one).dtype.kind == "f" else {"rtol": 0, "atol": 0}
            np.testing.assert_allclose(np.asarray(one), np.asarray(other), **close, err_msg=place)
    elif isinstance(one, float):
        assert not values or one == pytest.approx(other, abs=1e-4), place
    else:
        assert not values or one == other, f"{place}: {one!r} where {other!r} is expected"


def _are_coordinates(one, other, place):
    return {str(one.dtype), str(other.dtype)} == {"float32", "float64"} and ("bboxes" in place or "keypoints" in place)


def having(function: str) -> list[str]:
    return [name for name in PROGRAMS if f"def {function}(" in (HERE / f"{name}.py").read_text(encoding="utf-8")]


@pytest.mark.parametrize("name", having("exact"))
def test_where_nothing_is_left_to_chance_a_program_gets_what_2_0_8_gave_it(name):
    compare(program(name, "geoaug").exact(), program(name, "albumentations").exact(), name)


@pytest.mark.parametrize("name", having("kinds"))
def test_what_is_random_comes_in_the_kinds_of_2_0_8(name):
    compare(program(name, "geoaug").kinds(), program(name, "albumentations").kinds(), name, values=False)


STANDING_IN = """
import sys, warnings
import geoaug
from geoaug import install_as_albumentations
install_as_albumentations()
warnings.simplefilter("ignore")
import albumentations, importlib.metadata
assert albumentations.__version__ == importlib.metadata.version("albumentations") == "2.0.8"
assert albumentations.HorizontalFlip is geoaug.HorizontalFlip
from tests.clients import test_clients as clients
for function in ("exact", "kinds", "former"):
    for name in clients.having(function):
        getattr(clients.program(name, "albumentations"), function)()
print(len(clients.PROGRAMS), "programs")
"""


@pytest.mark.skipif(not hasattr(ours, "install_as_albumentations"), reason="nothing stands in yet")
def test_programs_that_cannot_be_edited_run_with_geoaug_in_albumentations_place():
    done = subprocess.run([sys.executable, "-c", STANDING_IN], capture_output=True, text=True, check=False, cwd=HERE.parents[1])
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.split() == [str(len(PROGRAMS)), "programs"]


def test_every_shared_class_stands_on_the_base_that_it_has_in_2_0_8():
    bases = ("BasicTransform", "DualTransform", "ImageOnlyTransform", "BaseCompose")
    shared = [name for name in ours.__all__ if isinstance(getattr(theirs, name, None), type) and isinstance(getattr(ours, name), type)]
    assert len(shared) > 100
    for name in shared:
        for base in bases:
            one, other = issubclass(getattr(ours, name), getattr(ours, base)), issubclass(getattr(theirs, name), getattr(theirs, base))
            assert one == other, f"{name} is{'' if one else ' no'} {base} here"


@pytest.mark.parametrize("name", having("former"))
def test_what_only_1_x_said_keeps_the_meaning_that_it_had(name):
    program(name, "geoaug").former()
