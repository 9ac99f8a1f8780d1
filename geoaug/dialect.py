"""How Albumentations 1.x spelt arguments, and what they are today: one table, for constructors, for files and for ``geoaug migrate``.

A class's rows say which arguments of 1.x become which argument of today, and how their values change. What several classes share
stands in ``SHARED``; it counts for a class that has today's name and not the old one. Where nothing was given, today's default counts.
"""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

Maker = Callable[..., Any]
LEVELS = 255  # 1.x counted noise and thresholds in levels of 8 bits, today they are shares of white
NOTHING = object()  # what a maker returns where today's default says the same


class Row(NamedTuple):
    """Arguments of 1.x that become one of today."""

    old: tuple[str, ...]
    new: str | None  # None: there is nothing like it today
    make: Maker | None = None  # from the old values to the new one; None passes a single value on
    defaults: tuple[Any, ...] = ()  # of ``old``, where only some are given
    why: str = ""
    also: Mapping[str, Any] = {}  # arguments of today without which the new one says something else, unless they are given


class Change(NamedTuple):
    """What became of arguments of 1.x."""

    old: tuple[str, ...]
    new: dict[str, Any]  # arguments of today; none where today's default says the same, or nothing does
    told: str  # the same in words


class Reading(NamedTuple):
    """Arguments as today's class takes them."""

    given: dict[str, Any]
    unknown: dict[str, Any]  # what neither dialect knows
    changes: list[Change]

    @property
    def told(self) -> list[str]:
        """A clause for each change."""
        return [change.told for change in self.changes]


# --- how values change -----------------------------------------------------------------------------------------------


def _unless_none(value: Any) -> Any:
    return NOTHING if value is None else value


def _always(value: Any) -> Any:
    return 1.0 if value else NOTHING


def _both(low: Any, high: Any) -> tuple[Any, Any]:
    return low, high


def _twice(value: Any) -> tuple[Any, Any]:
    return value, value


def _span(low: Any, high: Any) -> tuple[Any, Any]:
    """A range of sizes of holes; its end alone counts for both, and 1.0 is all of the picture (1 is a pixel)."""
    low = high if low is None else low
    return (math.nextafter(1.0, 0.0), 1.0) if isinstance(low, float) and low == high == 1.0 else (low, high)


def _range(value: Any, low: Any) -> tuple[Any, Any]:
    """A range as it is, or (low, n) for a lone n."""
    if isinstance(value, str) or (hasattr(value, "__len__") and len(value) != 2):
        raise ValueError("expected a number, or a range of two")
    start, end = value if hasattr(value, "__len__") else (low, value)
    return start, end


def _variance(value: Any) -> tuple[float, float]:
    """Variance in levels; a lone v stood for (0, v)."""
    low, high = _range(value, 0)
    if min(low, high) < 0:
        raise ValueError("expected a variance, at least 0")
    return min(math.sqrt(low) / LEVELS, 1.0), min(math.sqrt(high) / LEVELS, 1.0)


def _levels(value: Any) -> tuple[float, float]:
    """A number of levels, or a range of them."""
    low, high = _range(value, value)
    return low / LEVELS, high / LEVELS


def _deviation(value: Any) -> tuple[float, float]:
    """Deviation in levels; a lone s stood for (0, s)."""
    return _levels(_range(value, 0))


def _threshold(value: Any) -> tuple[float, float]:
    """Levels of 8 bits, or shares where float pictures were meant; a lone t stood for (t, t)."""
    low, high = _range(value, value)
    return (low / LEVELS, high / LEVELS) if max(low, high) > 1 else (low, high)


def _border(value: Any) -> Any:
    """OpenCV's flag, or a name of scikit-image."""
    return {"constant": 0, "edge": 1, "symmetric": 2, "wrap": 3, "reflect": 4}.get(value, value) if isinstance(value, str) else value


def _order(value: int) -> int:
    """A spline's order, as OpenCV's flag."""
    return value if value < 2 else 2


def _both_unless_none(low: Any, high: Any) -> Any:
    return NOTHING if low is None or high is None else (low, high)


def _cells(x: Any, y: Any) -> Any:
    """Cells of a grid along x and y: ten along x, and square ones, where 1.x was not told."""
    if x is None and y is None:
        return NOTHING
    x = 10 if x is None else x
    return x, x if y is None else y


def _both_ways(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    up, down = getattr(value, "upscale", value), getattr(value, "downscale", value)
    return NOTHING if value is None else {"upscale": up, "downscale": down}


def _painting(value: Any) -> Any:
    return "inpaint_telea" if isinstance(value, str) and value == "inpaint" else value


def _turned_back(value: Any) -> tuple[Any, Any]:
    """imgaug turned clockwise."""
    low, high = _range(value, value)
    return -high, -low


def _lone(value: Any) -> Any:
    """The one of a list of one; 1.x drew one of several."""
    if isinstance(value, (list, tuple)) and len(value) != 1:
        raise ValueError("1.x drew one of several; put one transform for each into a OneOf")
    return value[0] if isinstance(value, (list, tuple)) else value


def _lone_colour(value: Any) -> Any:
    """The colour of the one kind of dirt that there is; 1.x stored its defaults for both."""
    if not isinstance(value, Mapping):
        return value
    if {kind: tuple(colour) for kind, colour in value.items()} == {"rain": (238, 238, 175), "mud": (20, 42, 63)}:
        return NOTHING
    return _lone(list(value.values()))


def _by_hand(value: Any) -> Any:
    raise ValueError(_ALL)


# --- the table -------------------------------------------------------------------------------------------------------


SHARED = (
    Row(("always_apply",), "p", _always),
    Row(("value",), "fill", _unless_none),
    Row(("mask_value",), "fill_mask", _unless_none),
    Row(("cval",), "fill", _unless_none),
    Row(("cval_mask",), "fill_mask", _unless_none),
    Row(("pad_val",), "fill", _unless_none),
    Row(("mask_pad_val",), "fill_mask", _unless_none),
    Row(("pad_cval",), "fill", _unless_none),
    Row(("pad_cval_mask",), "fill_mask", _unless_none),
    Row(("mode",), "border_mode", _border),
    Row(("pad_mode",), "border_mode", _border),
    Row(("fill_value",), "fill", _painting),
    Row(("image_fill_value",), "fill", _painting),
    Row(("mask_fill_value",), "fill_mask"),
)
_ALL = "its function took one at a time, and today's takes all at once, as rows of an array"
_SIZE = (Row(("height", "width"), "size", _both),)
TABLE: dict[str, tuple[Row, ...]] = {
    "AdvancedBlur": (Row(("sigmaX_limit",), "sigma_x_limit"), Row(("sigmaY_limit",), "sigma_y_limit")),
    "CoarseDropout": (
        Row(("min_holes", "max_holes"), "num_holes_range", _span, (None, 8)),
        Row(("min_height", "max_height"), "hole_height_range", _span, (None, 8)),
        Row(("min_width", "max_width"), "hole_width_range", _span, (None, 8)),
    ),
    "Downscale": (
        Row(("scale_min", "scale_max"), "scale_range", _both, (0.25, 0.25)),
        Row(("interpolation",), "interpolation_pair", _both_ways),
    ),
    "GaussNoise": (
        Row(("var_limit",), "std_range", _variance, why="the deviation as a share of white, sqrt(variance) / 255 for 8-bit pictures"),
        Row(("mean",), "mean_range", _levels),
    ),
    "GridDropout": (
        Row(("unit_size_min", "unit_size_max"), "unit_size_range", _both_unless_none, (None, None)),
        Row(("holes_number_x", "holes_number_y"), "holes_number_xy", _cells, (None, None)),
        Row(("shift_x", "shift_y"), "shift_xy", _both, (0, 0), also={"random_offset": False}),
    ),
    "ImageCompression": (Row(("quality_lower", "quality_upper"), "quality_range", _both, (99, 100)),),
    "Lambda": (Row(("keypoint",), "keypoints", _by_hand, why=_ALL), Row(("bbox",), "bboxes", _by_hand, why=_ALL)),
    "OpticalDistortion": (Row(("shift_limit",), None, why="it moved the lens by that share of a pixel"),),
    "PiecewiseAffine": (Row(("keypoints_threshold",), None, why="keypoints move through the map itself"),),
    "RandomCropNearBBox": (Row(("cropping_box_key",), "cropping_bbox_key"),),
    "RandomFog": (Row(("fog_coef_lower", "fog_coef_upper"), "fog_coef_range", _both, (0.3, 1)),),
    "RandomGamma": (Row(("eps",), None, why="it was of no effect"),),
    "RandomRain": (Row(("slant_lower", "slant_upper"), "slant_range", _both, (-10, 10)),),
    "RandomResizedCrop": _SIZE,
    "RandomShadow": (Row(("num_shadows_lower", "num_shadows_upper"), "num_shadows_limit", _both, (1, 2)),),
    "RandomSizedCrop": _SIZE,
    "RandomSnow": (Row(("snow_point_lower", "snow_point_upper"), "snow_point_range", _both, (0.1, 0.3)),),
    "RandomSunFlare": (
        Row(("angle_lower", "angle_upper"), "angle_range", _both, (0, 1)),
        Row(("num_flare_circles_lower", "num_flare_circles_upper"), "num_flare_circles_range", _both, (6, 10)),
    ),
    "Solarize": (Row(("threshold",), "threshold_range", _threshold),),
}


class Removed(NamedTuple):
    """A class of 1.x that is another one today."""

    today: str
    order: str  # its arguments in 1.x
    rows: tuple[Row, ...] = ()
    fixed: Mapping[str, Any] = {}  # today's arguments that say what the class did, where 1.x was given nothing
    why: str = ""


_QUALITY = TABLE["ImageCompression"]
_IMGAUG = (Row(("order",), "interpolation", _order),)
REMOVED: dict[str, Removed] = {
    "Cutout": Removed(
        "CoarseDropout",
        "num_holes max_h_size max_w_size fill_value always_apply p",
        (
            Row(("num_holes",), "num_holes_range", _twice),
            Row(("max_h_size",), "hole_height_range", _twice),
            Row(("max_w_size",), "hole_width_range", _twice),
        ),
        {"num_holes_range": (8, 8), "hole_height_range": (8, 8), "hole_width_range": (8, 8)},
        "holes lie within the picture, where some of Cutout's hung over its edge",
    ),
    "IAAAdditiveGaussianNoise": Removed(
        "GaussNoise",
        "loc scale per_channel always_apply p",
        (Row(("loc",), "mean_range", _levels), Row(("scale",), "std_range", _deviation)),
        {"std_range": (0.01, 0.05), "per_channel": False},
    ),
    "IAAAffine": Removed(
        "Affine",
        "scale translate_percent translate_px rotate shear order cval mode always_apply p",
        (*_IMGAUG, Row(("rotate",), "rotate", _turned_back, why="it turned clockwise")),
        {"border_mode": 4},
    ),
    "IAACropAndPad": Removed("CropAndPad", "px percent pad_mode pad_cval keep_size always_apply p", (), {"p": 1.0}),
    "IAAEmboss": Removed("Emboss", "alpha strength always_apply p"),
    "IAAFliplr": Removed("HorizontalFlip", "always_apply p"),
    "IAAFlipud": Removed("VerticalFlip", "always_apply p"),
    "IAAPerspective": Removed("Perspective", "scale keep_size always_apply p"),
    "IAAPiecewiseAffine": Removed("PiecewiseAffine", "scale nb_rows nb_cols order cval mode always_apply p", _IMGAUG),
    "IAASharpen": Removed("Sharpen", "alpha lightness always_apply p"),
    "IAASuperpixels": Removed("Superpixels", "p_replace n_segments always_apply p"),
    "JpegCompression": Removed("ImageCompression", "quality_lower quality_upper always_apply p", _QUALITY),
    "RandomBrightness": Removed("RandomBrightnessContrast", "limit always_apply p", (Row(("limit",), "brightness_limit"),), {"contrast_limit": 0}),
    "RandomContrast": Removed("RandomBrightnessContrast", "limit always_apply p", (Row(("limit",), "contrast_limit"),), {"brightness_limit": 0}),
}

# arguments by position in 1.3.1, where taking always_apply out does not give today's order
ORDER = {
    "AdvancedBlur": "blur_limit sigmaX_limit sigmaY_limit rotate_limit beta_limit noise_limit always_apply p",
    "Affine": "scale translate_percent translate_px rotate shear interpolation mask_interpolation cval cval_mask mode fit_output keep_ratio "
    "rotate_method always_apply p",
    "CenterCrop": "height width always_apply p",
    "ChannelDropout": "channel_drop_range fill_value always_apply p",
    "CoarseDropout": "max_holes max_height max_width min_holes min_height min_width fill_value mask_fill_value always_apply p",
    "Crop": "x_min y_min x_max y_max always_apply p",
    "CropAndPad": "px percent pad_mode pad_cval pad_cval_mask keep_size sample_independently interpolation always_apply p",
    "Downscale": "scale_min scale_max interpolation always_apply p",
    "ElasticTransform": "alpha sigma alpha_affine interpolation border_mode value mask_value always_apply approximate same_dxdy p",
    "GaussNoise": "var_limit mean per_channel always_apply p",
    "GlassBlur": "sigma max_delta iterations always_apply mode p",
    "GridDistortion": "num_steps distort_limit interpolation border_mode value mask_value normalized always_apply p",
    "GridDropout": "ratio unit_size_min unit_size_max holes_number_x holes_number_y shift_x shift_y random_offset fill_value mask_fill_value "
    "always_apply p",
    "ImageCompression": "quality_lower quality_upper compression_type always_apply p",
    "Lambda": "image mask keypoint bbox name always_apply p",
    "LongestMaxSize": "max_size interpolation always_apply p",
    "MaskDropout": "max_objects image_fill_value mask_fill_value always_apply p",
    "MotionBlur": "blur_limit allow_shifted always_apply p",
    "Normalize": "mean std max_pixel_value always_apply p",
    "OpticalDistortion": "distort_limit shift_limit interpolation border_mode value mask_value always_apply p",
    "PadIfNeeded": "min_height min_width pad_height_divisor pad_width_divisor position border_mode value mask_value always_apply p",
    "Perspective": "scale keep_size pad_mode pad_val mask_pad_val fit_output interpolation always_apply p",
    "PiecewiseAffine": "scale nb_rows nb_cols interpolation mask_interpolation cval cval_mask mode absolute_scale always_apply keypoints_threshold p",
    "RandomBrightnessContrast": "brightness_limit contrast_limit brightness_by_max always_apply p",
    "RandomCrop": "height width always_apply p",
    "RandomCropNearBBox": "max_part_shift cropping_box_key always_apply p",
    "RandomFog": "fog_coef_lower fog_coef_upper alpha_coef always_apply p",
    "RandomGamma": "gamma_limit eps always_apply p",
    "RandomRain": "slant_lower slant_upper drop_length drop_width drop_color blur_value brightness_coefficient rain_type always_apply p",
    "RandomResizedCrop": "height width scale ratio interpolation always_apply p",
    "RandomScale": "scale_limit interpolation always_apply p",
    "RandomShadow": "shadow_roi num_shadows_lower num_shadows_upper shadow_dimension always_apply p",
    "RandomSizedBBoxSafeCrop": "height width erosion_rate interpolation always_apply p",
    "RandomSizedCrop": "min_max_height height width w2h_ratio interpolation always_apply p",
    "RandomSnow": "snow_point_lower snow_point_upper brightness_coeff always_apply p",
    "RandomSunFlare": "flare_roi angle_lower angle_upper num_flare_circles_lower num_flare_circles_upper src_radius src_color always_apply p",
    "RandomToneCurve": "scale always_apply p",
    "Resize": "height width interpolation always_apply p",
    "Rotate": "limit interpolation border_mode value mask_value rotate_method crop_border always_apply p",
    "SafeRotate": "limit interpolation border_mode value mask_value always_apply p",
    "Sharpen": "alpha lightness always_apply p",
    "ShiftScaleRotate": "shift_limit scale_limit rotate_limit interpolation border_mode value mask_value shift_limit_x shift_limit_y "
    "rotate_method always_apply p",
    "SmallestMaxSize": "max_size interpolation always_apply p",
    "Solarize": "threshold always_apply p",
    "ToGray": "always_apply p",
    "ToRGB": "always_apply p",
}

# what an argument that is not given meant, and means: told beside a translated call, never changed
DEFAULTS: dict[str, dict[str, tuple[Any, Any]]] = {
    "CoarseDropout": {"hole_height_range": ("8 px", (0.1, 0.2)), "hole_width_range": ("8 px", (0.1, 0.2)), "num_holes_range": (8, (1, 2))},
    "ElasticTransform": {"alpha_affine": (50, 0), "border_mode": (4, 0)},
    "GaussNoise": {"std_range": ("var_limit=(10, 50)", (0.2, 0.44))},
    "GridDistortion": {"border_mode": (4, 0), "normalized": (False, True)},
    "GridDropout": {"random_offset": (False, True)},
    "OpticalDistortion": {"border_mode": (4, 0)},
    "PadIfNeeded": {"border_mode": (4, 0)},
    "Rotate": {"border_mode": (4, 0)},
    "RandomRotate90": {"p": (0.5, 1)},
    "SafeRotate": {"border_mode": (4, 0)},
    "ShiftScaleRotate": {"border_mode": (4, 0)},
}

# values of 1.x for arguments that kept their name: each by itself, or a maker; what is not among them stays as it is
VALUES: dict[str, dict[str, dict[Any, Any] | Maker]] = {
    "Affine": {"scale": {None: NOTHING}, "rotate": {None: NOTHING}, "shear": {None: NOTHING}},
    "Downscale": {"interpolation_pair": {None: NOTHING}},
    "ImageCompression": {"compression_type": {0: "jpeg", 1: "webp"}},
    "RandomRain": {"rain_type": {None: NOTHING}},
    "Spatter": {"mode": _lone, "color": _lone_colour},
}


# --- reading ---------------------------------------------------------------------------------------------------------


def read(name: str, given: Mapping[str, Any], names: Sequence[str]) -> Reading:
    """Translate arguments.

    Args:
        name: The class, or one of ``REMOVED``.
        given: What was given by name, in either dialect.
        names: What today's class takes.

    Raises:
        ValueError: A value of 1.x cannot be translated; the message names the argument.
    """
    out = dict(given)
    changes = []
    for row in rows_of(name):
        # a row whose old name is still taken counts for removed classes alone
        there = tuple(old for old in row.old if old in out and (old not in names or (name in REMOVED and row.new == old)))
        if not there or (row.new is not None and (row.new not in names or (row.new in given and row.new not in ("p", *row.old)))):
            continue
        values = _values(row, out)
        if values is None:
            continue
        written = ", ".join(f"{old}={_short(out.pop(old))}" for old in there)
        result = NOTHING if row.new is None else _made(row, values, written)
        new = {} if result is NOTHING else {str(row.new): result, **{k: v for k, v in row.also.items() if k not in given}}
        out |= new
        changes.append(Change(there, new, _clause(row, written, result)))
    if name in REMOVED:
        out = {**REMOVED[name].fixed, **out}
    return Reading({k: v for k, v in out.items() if k in names}, {k: v for k, v in out.items() if k not in names}, changes)


def rows_of(name: str) -> tuple[Row, ...]:
    """Returns: All rows that count for a class, its own first."""
    return (*(REMOVED[name].rows if name in REMOVED else TABLE.get(name, ())), *SHARED)


def _values(row: Row, given: Mapping[str, Any]) -> list[Any] | None:
    """Returns: The values of a row's old arguments, or None where one is missing that has no default."""
    if not row.defaults and not all(old in given for old in row.old):
        return None
    return [given[old] if old in given else row.defaults[k] for k, old in enumerate(row.old)]


def _made(row: Row, values: list[Any], written: str) -> Any:
    if row.make is None:
        return values[0]
    try:
        return row.make(*values)
    except (TypeError, ValueError) as fault:
        raise ValueError(f"{written}: cannot be read as {row.new}: {fault}") from None


def _clause(row: Row, written: str, result: Any) -> str:
    why = f" ({row.why})" if row.why else ""
    if row.new is None:
        return f"{written} is gone{why}"
    if result is NOTHING:
        return f"{written} is left out today{why}"
    return f"{written} is {row.new}={_short(result)} today{why}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def readings(name: str, args: Sequence[Any], given: Mapping[str, Any], names: Sequence[str], counted: bool) -> list[tuple[tuple[Any, ...], Reading]]:
    """List the ways to read a call, the likeliest first.

    Args:
        name: The class.
        args: What was given by position.
        given: What was given by name.
        names: What today's class takes.
        counted: Whether the positions can only be those of 1.x.

    Returns: For each, what is given by position today, and the rest.

    Raises:
        ValueError: A value of 1.x cannot be translated; the message names the argument.
    """
    found = [(tuple(args), read(name, given, names))]
    placed = by_position(name, args, given, names)
    if placed is not None:
        valued, changes = as_valued(name, placed)
        reading = read(name, valued, names)
        counting = [Change((), {}, "positions are counted as in 1.x")] if args else []
        found.append(((), reading._replace(changes=[*reading.changes, *changes, *counting])))
    return found[::-1] if counted else found


def by_position(name: str, args: Sequence[Any], given: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any] | None:
    """Returns: Arguments by name, as 1.x counted them; None where they do not fit it either."""
    if name in REMOVED:
        order = REMOVED[name].order.split()
    elif name in ORDER:
        order = ORDER[name].split()
    else:
        order = [*(other for other in names if other != "p"), "always_apply", "p"]
    placed = dict(zip(order, args, strict=False))
    if len(args) > len(order) or set(placed) & set(given) or not isinstance(placed.get("always_apply", False), bool):
        return None
    return placed | dict(given)


def as_valued(name: str, given: Mapping[str, Any]) -> tuple[dict[str, Any], list[Change]]:
    """Returns: The same arguments with today's values for those of 1.x, and what changed."""
    out, changes = dict(given), []
    for argument, table in VALUES.get(name, {}).items():
        if argument not in given:
            continue
        value = given[argument]
        new = (
            _looked_up(value, table) if isinstance(table, dict) else _made(Row((argument,), argument, table), [value], f"{argument}={_short(value)}")
        )
        if new is value:
            continue
        del out[argument]
        kept = {} if new is NOTHING else {argument: new}
        out |= kept
        changes.append(Change((argument,), kept, _clause(Row((), argument), f"{argument}={_short(value)}", new)))
    return out, changes


def _looked_up(value: Any, table: Mapping[Any, Any]) -> Any:
    plain = getattr(value, "value", value)  # of an enum
    return table[plain] if isinstance(plain, (int, type(None))) and plain in table else value


def changed_defaults(name: str, given: Mapping[str, Any]) -> list[str]:
    """Returns: A clause for each argument that is not given and meant something else in 1.x."""
    changed = DEFAULTS.get(name, {})
    return [f"{argument} is not given and is {now} today, {then} in 1.x" for argument, (then, now) in changed.items() if argument not in given]


def note(name: str, told: Sequence[str], given: Mapping[str, Any]) -> None:
    """Say, at the line outside of geoaug that asked for it, how a call in the dialect of 1.x was read."""
    today = REMOVED[name].today if name in REMOVED else name
    why = f" ({REMOVED[name].why})" if name in REMOVED and REMOVED[name].why else ""
    instead = [f"the class is {today} today{why}"] if today != name else []
    clauses = "; ".join([*instead, *told, *changed_defaults(today, given)])
    warn(f"{name}, as Albumentations 1.x wrote it: {clauses}. `geoaug migrate` lists and rewrites such calls.")


def warn(message: str) -> None:
    """Warn at the first line outside of geoaug, once for each such line (which Python itself looks after)."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "geoaug":
        level, frame = level + 1, frame.f_back
    warnings.warn(message, UserWarning, stacklevel=level)
