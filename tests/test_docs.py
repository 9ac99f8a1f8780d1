"""Every snippet in the README and the docs runs, and every test that the docs name exists."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import numpy as np
import pytest

import geoaug as A

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "benchmarks").glob("*.md"))]
NEEDS = {"keras.md": "keras", "geoaug.keras.": "keras"}  # what a page or a module cannot do without
MODULES = [name for _, name, _ in pkgutil.walk_packages(A.__path__, "geoaug.") if not name.endswith("__main__")]


def _skip_without(name: str) -> None:
    for start, package in NEEDS.items():
        if name.startswith(start):
            pytest.importorskip(package, reason=f"{name} needs {package}")


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_the_python_of_a_page_runs_from_top_to_bottom(page, tmp_path, monkeypatch):
    _skip_without(page.name)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        exec(compile(block, str(page), "exec"), names)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_the_links_of_a_page_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_every_test_that_the_differences_name_exists():
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / "why" / "differences.md").read_text(encoding="utf-8")))
    written = set(re.findall(r"def (test_\w+)", "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "tests").rglob("*.py"))))
    assert named <= written, named - written


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_docstrings_are_true(name):
    _skip_without(name)
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as missing:
        if str(missing.name).startswith("geoaug"):
            raise
        pytest.skip(f"needs {missing.name}")
    found = doctest.testmod(module, extraglobs={"A": A, "np": np}, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert found.failed == 0
