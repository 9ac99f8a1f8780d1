"""The step that changes values: named operations with their numbers, joined as long as they follow one another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from attrs import field, frozen

from geoaug.errors import ParameterError
from geoaug.params import LARGEST, Parser, fill, flag, number, one_of, optional, whole
from geoaug.raster.colour import GREYS
from geoaug.raster.floats import INTEGERS
from geoaug.raster.histogram import EQUALIZERS, STRETCHES
from geoaug.raster.kind import numbers_of
from geoaug.raster.normal import NORMS
from geoaug.raster.tone import KINDS, change, change_to_planes
from geoaug.steps.step import Step, tupled
from geoaug.steps.stored import between, listing, read, table
from geoaug.types import Array, Fill

Layout = Literal["hwc", "chw", "tensor", "tensor, masks too"]
HWC: Layout = "hwc"
CHW: Layout = "chw"
TENSOR: Layout = "tensor"
TENSORS: Layout = "tensor, masks too"
layout_of = one_of(HWC, CHW, TENSOR, TENSORS)
TOLD = {CHW: "channels first", TENSOR: "channels first, tensors", TENSORS: "channels first, tensors, masks too"}
LONGEST = 6  # numbers in a row that are worth reading


@frozen
class Operation:
    """One change of values.

    Args:
        name: Which one, of ``geoaug.raster.tone.KINDS``.
        numbers: All of its numbers, by name.
    """

    name: str
    numbers: tuple[tuple[str, Any], ...]

    def __str__(self) -> str:
        return f"{self.name}({', '.join(f'{key}={_shown(value)}' for key, value in self.numbers)})"


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if not isinstance(value, tuple):
        return str(value)
    told = ", ".join(map(_shown, value[:LONGEST])) + ", …" * (len(value) > LONGEST) + "," * (len(value) == 1)
    return f"({told})"


@frozen(slots=False)
class Tone(Step):
    """Change the values of pixels, each pixel alone; masks, boxes and points stay.

    Args:
        operations: What happens to the values, in order.
        layout: The axes of the picture that comes out: ``"hwc"``, or ``"chw"`` for channels first, after which nothing else may follow;
            ``"tensor"`` for the same as a tensor of PyTorch, masks as tensors of their own axes, or with ``", masks too"`` of those.
    """

    operations: tuple[Operation, ...] = field(default=())
    layout: Layout = field(default=HWC)

    @classmethod
    def of(cls, curve: str | Callable[..., Array], /, **numbers: Any) -> Tone:
        """Returns: The step of one operation, by its name or its function, as ``KINDS`` has them.

        Raises:
            ParameterError: No such operation, or not its numbers.

        Example:
            >>> print(Tone.of("power", exponent=0.8))
            Tone power(exponent=0.8)
        """
        name = curve if isinstance(curve, str) else getattr(curve, "__name__", repr(curve))
        return cls((Operation(name, numbers_of(name, numbers, KINDS, "Tone")),))

    @classmethod
    def mix(cls, matrix: Sequence[Sequence[float]]) -> Tone:
        """Returns: The step that makes each channel a weighted sum of all, plus an offset in fractions of white.

        Args:
            matrix: Shape (c, c + 1), a row a channel.
        """
        return cls.of("mix", matrix=tuple(tuple(float(number) for number in row) for row in matrix))

    @classmethod
    def join(cls, tones: Sequence[Tone]) -> Tone:
        """Returns: One step that means all of these, in order.

        Raises:
            ParameterError: One but the last puts channels first.
        """
        if any(tone.closes for tone in tones[:-1]):
            raise ParameterError("Tone: channels come first already; the step that puts them there must be the last")
        return cls(tuple(operation for tone in tones for operation in tone.operations), tones[-1].layout if tones else HWC)

    @property
    def looks(self) -> bool:
        """Whether it must see the whole picture, so that it may not trade places with a crop."""
        return any(KINDS[operation.name].looks(dict(operation.numbers)) for operation in self.operations)

    def channels_after(self, count: int) -> int:
        """Returns: How many channels come out where so many come in."""
        for operation in self.operations:
            count = KINDS[operation.name].channels(dict(operation.numbers), count)
        return count

    def then(self, after: Step) -> Step | None:
        if not isinstance(after, Tone) or self.closes:
            return None
        return Tone(self.operations + after.operations, after.layout)

    def image(self, pixels: Array, owned: bool = False) -> Array:
        operations = [(operation.name, dict(operation.numbers)) for operation in self.operations]
        return change_to_planes(pixels, operations, owned) if self.closes else change(pixels, operations, owned)

    @property
    def pointwise(self) -> bool:  # type: ignore[override]  # it depends on the operations
        return not self.looks

    @property
    def closes(self) -> bool:  # type: ignore[override]  # it depends on the layout
        return self.layout != HWC

    def close(self, kind: str, value: Any) -> Any:
        if self.layout in (HWC, CHW):
            return value
        from geoaug.torch import as_tensors  # what PyTorch brings along is heavy, and not everybody has it

        return as_tensors(kind, value, self.layout == TENSORS)

    def to_dict(self) -> dict[str, Any]:
        """Returns: Plain data for JSON, which ``from_dict`` reads."""
        operations = [{"name": operation.name, **dict(operation.numbers)} for operation in self.operations]
        return {"tone": operations if self.layout == HWC else {"operations": operations, "layout": self.layout}}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Tone:
        """Returns: The step that ``to_dict`` described, also after JSON has made lists of its tuples.

        Raises:
            ParameterError: No such operation, or not its numbers.
            KeyError, TypeError, ValueError: It describes none.
        """
        told = data["tone"]
        listed, layout = (told["operations"], told["layout"]) if isinstance(told, Mapping) else (told, HWC)
        return cls(listing(_operation)(listed), layout_of(layout))

    def __str__(self) -> str:
        told = [str(operation) for operation in self.operations] + ([TOLD[self.layout]] if self.closes else [])
        return f"Tone {', '.join(told) or 'nothing'}"


# --- read from a file ------------------------------------------------------------------------------------------------


def _weights(value: Any) -> tuple[tuple[float, ...], ...]:
    rows: tuple[tuple[float, ...], ...] = table()(value)
    if len(rows[0]) != len(rows) + 1:
        raise ValueError(f"expected {len(rows) + 1} numbers a row for {len(rows)} channels, got {len(rows[0])}")
    return rows


def _divisor(value: Any) -> Fill:
    numbers = fill(value)
    if any(abs(one) < SMALLEST for one in (numbers if isinstance(numbers, tuple) else (numbers,))):
        raise ValueError(f"expected numbers other than 0, got {value!r}")
    return numbers


def _each(parse: Parser) -> Parser:
    """A parser of a value, or of one a channel."""
    several = listing(parse, 1, MOST_CHANNELS)
    return lambda value: several(value) if isinstance(value, (list, tuple)) else parse(value)


def _order(value: Any) -> tuple[int, ...]:
    order: tuple[int, ...] = listing(whole, 1, MOST_CHANNELS)(value)
    if sorted(order) != list(range(len(order))):
        raise ValueError(f"expected each of 0 to {len(order) - 1} once, got {value!r}"[:200])
    return order


def _runs(value: Any) -> tuple[int, ...]:
    runs: tuple[int, ...] = listing(between(0, parse=whole), 3)(value)
    if sum(runs[2:]) != runs[0] * runs[1]:
        raise ValueError(f"expected runs over {runs[0]} x {runs[1]} pixels, got {sum(runs[2:])} pixels")
    return runs


SMALLEST = 1e-12  # that anything is divided by
MOST_CHANNELS = 2**12  # that a file may ask for
MOST_LEVELS = 2**14  # of shifts, which are added in 16 bits
MOST_TURNS = 64  # of 180 steps each, likewise
MOST_TILES = 2**10  # along a side
PARSERS: dict[str, dict[str, Parser]] = {  # operations that are not listed hold finite numbers, and are checked no further
    "linear": {"factor": number, "shift": number},
    "linear_by_mean": {"factor": number, "shift": number},
    "linear_safe": {"factor": number, "shift": number, "by_mean": flag},
    "power": {"exponent": between(0, LARGEST)},
    "contrast": {"factor": number},
    "mix": {"matrix": _weights},
    "saturation": {"factor": number},
    "hue": {"turn": between(-MOST_TURNS, MOST_TURNS)},
    "hsv_shift": {
        "hue": between(-MOST_LEVELS, MOST_LEVELS),
        "saturation": between(-MOST_LEVELS, MOST_LEVELS),
        "value": between(-MOST_LEVELS, MOST_LEVELS),
    },
    "to_grey": {"method": one_of(*GREYS), "channels": between(1, MOST_CHANNELS, whole)},
    "normalize": {"mean": fill, "std": _divisor, "most": between(SMALLEST, LARGEST)},
    "normalize_by_picture": {"method": one_of(*NORMS)},
    "invert": {},
    "solarize": {"threshold": number},
    "posterize": {"bits": _each(between(1, 8, whole))},
    "bezier": {"low": _each(between(0, 1)), "high": _each(between(0, 1))},
    "equalize": {"method": one_of(*EQUALIZERS), "mask": listing(_runs, 0, MOST_CHANNELS)},
    "equalize_luma": {"method": one_of(*EQUALIZERS), "mask": listing(_runs, 0, 1)},
    "auto_contrast": {"method": one_of(*STRETCHES), "cutoff": between(0, 100), "ignore": optional(between(0, 255, whole))},
    "clahe": {"limit": between(0, LARGEST), "tiles": listing(between(1, MOST_TILES, whole), 2, 2)},
    "shift": {"shifts": listing(between(-MOST_LEVELS, MOST_LEVELS), 1, MOST_CHANNELS)},
    "gain": {"factors": listing(number, 1, MOST_CHANNELS)},
    "drop": {"channels": listing(between(0, MOST_CHANNELS, whole), 0, MOST_CHANNELS), "fill": number},
    "order": {"channels": _order},
    "repeat": {"count": between(1, MOST_CHANNELS, whole)},
    "sepia": {},
    "principal": {"strengths": listing(number, 0, MOST_CHANNELS)},
    "light_along": {"intensity": number, "angle": number},
    "light_from_corner": {"intensity": number, "corner": between(0, 3, whole)},
    "light_on_spot": {"intensity": number, "centre": listing(number, 2, 2), "sigma": between(SMALLEST, LARGEST)},
    "to_float": {"most": optional(between(SMALLEST, LARGEST))},
    "from_float": {"dtype": one_of(*INTEGERS), "most": optional(between(SMALLEST, LARGEST))},
}


def _operation(told: Any) -> Operation:
    if not isinstance(told, Mapping):
        raise ValueError(f"expected an operation by its name and numbers, got {told!r}"[:200])
    numbers = {key: tupled(value) for key, value in told.items()}
    name = str(numbers.pop("name"))
    numbers = dict(numbers_of(name, numbers, KINDS, "Tone"))
    if name in PARSERS:
        return Operation(name, tuple(read(numbers, **PARSERS[name]).items()))
    for key, value in numbers.items():
        check_number("Tone", key, value)
    return Operation(name, tuple(numbers.items()))


WORDS = ("name", "method")  # what an operation holds beside numbers


def check_number(step: str, key: str, value: Any) -> None:
    """Refuse a stored number of an operation that is none, or not finite, with a ParameterError that names the kind of step."""
    if isinstance(value, tuple):
        for part in value:
            check_number(step, key, part)
    elif key not in WORDS and not isinstance(value, bool):
        try:
            number(value)
        except ValueError as fault:
            raise ParameterError(f"{step}: {key}={value!r}: {fault}") from None
