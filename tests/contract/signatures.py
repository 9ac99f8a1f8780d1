"""Names, arguments, order, defaults and targets beside those of the albumentations 2.0.8 package: ``python -m tests.contract.signatures``.

Every difference must stand in the table of docs/why/differences.md, with its reason; a row that has become untrue is told as well.
"""

from __future__ import annotations

import inspect
import os
import re
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import geoaug as A
from geoaug.former import Former

os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # importing it would ask the network
DIFFERENCES = Path(__file__).parents[2] / "docs" / "why" / "differences.md"
HEADING = "## Signatures"
# of 2.0.8, and not of geoaug: CONTRACT.md's section 3 puts them out of scope
OUT_OF_SCOPE = {
    "CenterCrop3D", "CoarseDropout3D", "CubicSymmetry", "Pad3D", "PadIfNeeded3D", "RandomCrop3D", "Transform3D", "ToTensor3D",  # volumes' own
    "TimeReverse", "TimeMasking", "FrequencyMasking", "TextImage", "HEStain",  # spectrograms, text, histology
    "FDA", "HistogramMatching", "PixelDistributionAdaptation",  # looks of other pictures
    "check_for_updates", "metadata", "suppress",  # of the package's own plumbing
}  # fmt: skip


class Difference(NamedTuple):
    """One thing that is not as in 2.0.8.

    Args:
        name: The class or function.
        what: An argument, or ``order``, ``kind`` or ``targets``.
        theirs: What 2.0.8 has, ``-`` for nothing.
        ours: What geoaug has.
    """

    name: str
    what: str
    theirs: str
    ours: str


def peer() -> Any:
    """The albumentations package, which must be 2.0.8."""
    import albumentations

    assert albumentations.__version__ == "2.0.8", albumentations.__version__
    return albumentations


def shared() -> list[str]:
    """Public names that both have, but for the modules."""
    package = peer()
    return [name for name in A.__all__ if hasattr(package, name)]


def missing() -> list[str]:
    """Public names of 2.0.8 that geoaug has not, and that are not out of scope."""
    package = peer()
    names = [name for name in dir(package) if not name.startswith("_") and not inspect.ismodule(getattr(package, name))]
    return [name for name in names if not hasattr(A, name) and name not in OUT_OF_SCOPE]


def arguments(thing: Any) -> list[inspect.Parameter]:
    """What a class or a function takes; of a class of 2.0.8, what its own ``__init__`` says."""
    if inspect.isclass(thing) and not thing.__module__.startswith("geoaug"):
        return list(inspect.signature(thing.__init__).parameters.values())[1:]
    return list(inspect.signature(thing).parameters.values())


def shown(one: inspect.Parameter | None) -> str:
    """An argument as it is written: its default, and whether it is to be named."""
    if one is None:
        return "-"
    stars = {one.VAR_POSITIONAL: "*", one.VAR_KEYWORD: "**"}.get(one.kind, "")
    default = "required" if one.default is one.empty else repr(one.default)
    return stars or f"{default}, by name" if stars or one.kind is one.KEYWORD_ONLY else default


def compared(name: str) -> Iterator[Difference]:
    """Yields: What differs between the two signatures of a class or a function, to the type of each default."""
    ours, theirs = ({one.name: one for one in arguments(getattr(package, name))} for package in (A, peer()))
    for argument in dict.fromkeys([*theirs, *ours]):
        mine, other = shown(ours.get(argument)), shown(theirs.get(argument))
        if mine != other:
            yield Difference(name, argument, other, mine)
    both = [argument for argument in theirs if argument in ours]
    order = [argument for argument in ours if argument in theirs]
    if both != order:
        yield Difference(name, "order", ", ".join(both), ", ".join(order))
    mine, other = (kind_of(getattr(package, name), package) for package in (A, peer()))
    if mine != other:
        yield Difference(name, "kind", other, mine)


def kind_of(thing: Any, package: Any) -> str:
    """Whether a class counts as one that changes pictures alone, or labels too; a composition, or neither."""
    if not inspect.isclass(thing):
        return "function"
    for kind in ("ImageOnlyTransform", "DualTransform", "BasicTransform", "BaseCompose"):
        if issubclass(thing, getattr(package, kind)):
            return kind
    return "class"


def targets(name: str, made: Any) -> Iterator[Difference]:
    """Yields: Targets that a transform of 2.0.8 takes, of the same name and arguments as ours, and ours does not, or the other way round.

    Args:
        name: The class.
        made: An object of ours.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        given = {argument: getattr(made, argument) for argument in {one.name for one in arguments(getattr(peer(), name))} if hasattr(made, argument)}
        theirs = set(getattr(peer(), name)(**given).targets)
    ours = set(made.targets)
    if ours != theirs:
        yield Difference(name, "targets", ", ".join(sorted(theirs - ours)) or "-", ", ".join(sorted(ours - theirs)) or "-")


def instances() -> Iterator[tuple[str, Any]]:
    """Yields: A transform of every class that both have, of the cases that all tests of transforms use."""
    from tests.cases import EVERY

    for name, makers in EVERY.items():
        if name in shared() and not issubclass(getattr(A, name), Former):
            yield name, makers[0]()


def differences() -> list[Difference]:
    """All of them."""
    found = [one for name in shared() for one in compared(name)]
    return found + [one for name, made in instances() for one in targets(name, made)]


def explained() -> dict[Difference, str]:
    """The rows of docs/why/differences.md, each with its reason."""
    text = DIFFERENCES.read_text(encoding="utf-8").partition(f"{HEADING}\n")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in re.findall(r"^\| `.*", text, re.MULTILINE)]
    return {Difference(*(cell.strip("`") for cell in cells[:4])): cells[4] for cells in rows}


def main() -> int:
    """Prints the table, and returns 1 where a difference has no reason, a reason no difference, or a class is missing."""
    found, reasons, lost = differences(), explained(), missing()
    wrong = 0
    for name in shared():
        own = [one for one in found if one.name == name]
        print(f"{name:<32}{len(arguments(getattr(A, name))):>3} arguments  {'same' if not own else f'{len(own)} different'}")
        for one in own:
            wrong += one not in reasons
            print(f"    {one.what}: {one.theirs} in 2.0.8, {one.ours} here: {reasons.get(one, 'NO REASON GIVEN')}")
    stale = [one for one in reasons if one not in found]
    for one in stale:
        print(f"no longer different: {one}")
    for name in lost:
        print(f"missing: {name}")
    print(f"{len(shared())} names compared, {len(found)} differences, {wrong} without a reason, {len(stale)} stale, {len(lost)} missing")
    return int(bool(wrong or stale or lost))


if __name__ == "__main__":
    sys.exit(main())
