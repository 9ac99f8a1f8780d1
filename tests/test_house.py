"""The house rules that matter: rooms, names, documentation."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import geoaug as A
from tests import readme

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "geoaug"
# a room may import from those left of it
ORDER = ["types", "errors", "dialect", "params", "geometry", "raster", "steps", "source", "plan", "randomness", "scene", "headers", "files",
         "targets", "hooks", "transform", "transforms", "meant", "drawn", "former", "call", "interim", "foreign", "choose", "compose",
         "written", "serial", "replay", "compat", "__init__", "standin", "migrate", "coco", "torch", "keras", "hf", "testing",
         "doctor", "cli", "__main__"]  # fmt: skip
SOURCES = sorted(PACKAGE.rglob("*.py"))
NAMES = PACKAGE / "compat" / "names"  # modules of Albumentations, under its names


def room(path: Path) -> str:
    """The first part of a module's name inside the package."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """Rooms that a module imports when it is imported itself (imports inside functions are lazy, and allowed)."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = set()
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("geoaug"):
            names = [node.module] if node.module.count(".") else [f"geoaug.{alias.name}" for alias in node.names]
            found |= {name.split(".")[1] for name in names if name.count(".")}
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_one_way(path):
    own = room(path)
    for other in imported(path):
        if other != own and (PACKAGE / other).exists() | (PACKAGE / f"{other}.py").exists():
            assert ORDER.index(other) < ORDER.index(own), f"{path.name} imports {other}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_only_the_rooms_meant_for_it_call_opencv_and_nothing_reads_code_from_data(path):
    text = path.read_text(encoding="utf-8")
    if "import cv2" in text:  # beside its rooms: the drawing room, and where workers set its threads
        assert room(path) in ("raster", "files") or path.name in ("sheet.py", "workers.py"), "cv2 lives in raster/ and files.py"
    for word in (
        r"import pickle",
        r"pickle\.loads?\(",
        r"(?<![\w.\"])eval\(",
        r"(?<![\w.\"])exec\(",
        r"yaml\.load\(",
        r"cv2\.imread\(",
        r"cv2\.imwrite\(",
        r"multiprocessing\.Pool\(",
    ):
        assert not re.search(word, text), word


def test_files_are_named_for_what_they_hold():
    stems = {path.stem for path in SOURCES if NAMES not in path.parents}
    assert not stems & {"utils", "util", "helpers", "functional", "core", "common", "misc", "base"}


def test_all_is_what_is_exported_and_everything_public_is_documented():
    ours = {name for name in dir(A) if not name.startswith("_") and not inspect.ismodule(getattr(A, name))}
    assert ours - {"TYPE_CHECKING", "Any", "annotations"} == set(A.__all__)
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    for_checkers = {node.module: tuple(alias.name for alias in node.names) for node in block.body if isinstance(node, ast.ImportFrom)}
    assert for_checkers == {f"geoaug.{module}": names for module, names in A._PLACES.items()}
    assert set(A._MODULES) == set(A.__all__)
    assert list(A.__all__) == sorted(A.__all__)
    for name in A.__all__:
        assert (inspect.getdoc(getattr(A, name)) or "").strip(), name


def test_every_argument_of_a_transform_is_documented():
    for name in A.__all__:
        thing = getattr(A, name)
        if isinstance(thing, type) and issubclass(thing, A.Transform) and thing not in (A.Transform, A.PixelTransform):
            doc = inspect.getdoc(thing) or ""
            for argument in inspect.signature(thing).parameters:
                assert f"{argument}: " in doc, f"{name} does not document {argument}"
            assert "Example:" in doc, f"{name} shows no example"


def test_importing_geoaug_touches_no_network_prints_nothing_and_loads_nothing_heavy():
    code = (
        "import sys\n"
        "def watch(event, args):\n"
        "    if event.startswith('socket.') and event not in ('socket.__new__',): raise SystemExit(event)\n"
        "sys.addaudithook(watch)\n"
        "import geoaug\n"
        "assert 'numpy' not in sys.modules\n"
        "geoaug.Compose\n"
        "heavy = {'torch', 'scipy', 'yaml', 'pydantic', 'albumentations', 'matplotlib', 'pandas', 'PIL'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_readme_has_two_commands_and_fits_150_lines():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    first, second = readme.commands(text)
    assert "pip install" in first
    assert "geoaug augment" in first
    assert "pytest" in second
    assert len(text.splitlines()) <= 150
