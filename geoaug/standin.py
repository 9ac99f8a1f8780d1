"""geoaug under the name of Albumentations, for programs that cannot be edited."""

from __future__ import annotations

import difflib
import pkgutil
import re
import sys
import warnings
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.metadata import Distribution, DistributionFinder
from pathlib import Path
from types import ModuleType
from typing import Any

import geoaug

NAME, VERSION = "albumentations", "2.0.8"
FOLDER = f"{Path(__file__).parent.as_posix()}/compat/names"
REPLACED: dict[str, ModuleType] = {}  # modules of the package itself, where it was imported first; what was made of them lives on


def install_as_albumentations() -> None:
    """Make ``import albumentations``, and each of its modules, mean geoaug from now on, in this process.

    Call it where a program starts, before anything imports albumentations: at the top of the file, so that processes that are spawned,
    such as a DataLoader's workers, do so too. Every module of Albumentations 1.3, 1.4 and 2.0.8 answers with geoaug's own classes, so that
    ``albumentations.core.composition.Compose is geoaug.Compose``; ``albumentations.__version__`` and
    ``importlib.metadata.version("albumentations")`` say 2.0.8, whether the package is installed or not. Calling it again does nothing.

    Warns:
        UserWarning: The package was imported before: what was taken from it stays what it is.

    Example:
        >>> A.install_as_albumentations()  # doctest: +SKIP
        >>> from albumentations.core.composition import Compose  # doctest: +SKIP
    """
    if any(isinstance(finder, Finder) for finder in sys.meta_path):
        return
    before = [name for name in sys.modules if name.partition(".")[0] == NAME]
    if before:
        version = getattr(sys.modules.get(NAME), "__version__", "of some version")
        warnings.warn(
            f"albumentations {version} was imported before install_as_albumentations(): from now on its name means geoaug, but what was "
            "taken from it stays what it is; call install_as_albumentations() first, at the top of the program",
            UserWarning,
            stacklevel=2,
        )
        REPLACED.update({name: sys.modules.pop(name) for name in before})
    sys.meta_path.insert(0, Finder())


def package() -> Any:
    """Returns: The albumentations package itself, even where geoaug stands in for it."""
    return REPLACED.get(NAME) or import_module(NAME)


@cache
def paths() -> frozenset[str]:
    """Returns: Every module of Albumentations 1.3 to 2.0.8 below its root, such as ``core.composition``."""
    return frozenset(_below(FOLDER, ""))


def _below(folder: str, prefix: str) -> Iterator[str]:
    for _, name, is_package in pkgutil.iter_modules([folder]):
        yield prefix + name
        if is_package:
            yield from _below(f"{folder}/{name}", f"{prefix}{name}.")


class Root(ModuleType):
    """What ``import albumentations`` gives: all that geoaug has, but for the version."""

    __version__ = VERSION

    def __getattr__(self, name: str) -> Any:
        return getattr(geoaug, name)

    def __dir__(self) -> list[str]:
        return dir(geoaug)


class Loader:
    """Gives a module of geoaug's for one of Albumentations'."""

    own: Any = None  # what the module says of itself, which the import system is about to write over

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Returns: The root, or geoaug's module of the same path."""
        rest = spec.name.partition(".")[2]
        if not rest:
            root = Root(NAME, geoaug.__doc__)
            root.__file__ = geoaug.__file__
            return root
        module = import_module(f"geoaug.{rest}")
        self.own = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Runs nothing: geoaug's module ran under its own name."""
        if self.own is not None:
            module.__spec__ = self.own


class Finder:
    """Finds ``albumentations`` and what is below it, and says that it is installed."""

    def find_spec(self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Returns: How to load a module, None where its name is not Albumentations'.

        Raises:
            ModuleNotFoundError: Albumentations has no such module.
        """
        root, _, rest = fullname.partition(".")
        if root != NAME:
            return None
        if rest and rest not in paths():
            near = difflib.get_close_matches(rest, paths(), n=2, cutoff=0.5) or [known for known in sorted(paths()) if known.endswith(rest)][:2]
            hint = f"; did you mean {' or '.join(repr(f'{NAME}.{known}') for known in near)}?" if near else ""
            raise ModuleNotFoundError(f"No module named {fullname!r}, for which geoaug stands in as Albumentations {VERSION}{hint}", name=fullname)
        loader: Any = Loader()
        spec = ModuleSpec(fullname, loader, origin=geoaug.__file__, is_package=not rest or any(known.startswith(f"{rest}.") for known in paths()))
        if not rest:
            spec.submodule_search_locations = [FOLDER]  # so that who walks through it meets Albumentations' modules only
        return spec

    def find_distributions(self, context: Any = None) -> list[Distribution]:
        """Returns: The distribution ``albumentations``, where all or it are asked for."""
        context = DistributionFinder.Context() if context is None else context
        asked = context.name is None or re.sub(r"[-_.]+", "-", context.name).lower() == NAME
        return [Installed()] if asked and "path" not in vars(context) else []


class Installed(Distribution):
    """What ``importlib.metadata`` is told of ``albumentations``."""

    def read_text(self, filename: Any) -> str | None:
        """Returns: The text of a file of the distribution, None where it has no such file."""
        return {
            "METADATA": f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {VERSION}\nSummary: geoaug, which stands in for it\n",
            "top_level.txt": f"{NAME}\n",
        }.get(str(filename))

    def locate_file(self, path: Any) -> Any:
        """Returns: Where a file of the distribution would be."""
        return Path(geoaug.__file__).parent.parent / path
