"""The audit of a pipeline: painted pictures go in, and what comes back is compared with the pixels."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from geoaug.errors import ParameterError
from geoaug.testing.findings import Finding, Inconsistent, NothingChecked, Report, check_codes
from geoaug.testing.judge import STRAIGHT, Judge, Sight
from geoaug.testing.manner import KNOWN, Again, Manner, manner_of, pixels_of, plain
from geoaug.testing.measure import SEEN, SMEARED, Difference, Dot, Fit, dot, fit, region
from geoaug.testing.painted import DOT, Painted, painted
from geoaug.types import Array, Floats, Size

SIZE = (192, 256)
COPY = 4.0  # px that a mirrored copy is off at least
TWICE = 4  # more calls that must give the same before a pipeline is taken to be repeatable
FEWEST = 10  # dots that tell a matrix: fewer, and those farther out are guessed
MOST = 300  # findings are enough
# what moves pixels on purpose and labels not, and by how much about, px at default strength
MOVING = {
    "MotionBlur": 4.0,
    "ZoomBlur": 16.0,
    "GlassBlur": 6.0,
    "Emboss": 2.0,
    "ChromaticAberration": 2.0,
    "Superpixels": 24.0,
    "Downscale": 3.0,
    "Morphological": 1.0,
    "inpainting": 20.0,
    "Spatter": 1.0,
}


def assert_pipeline_consistent(
    pipeline: Callable[..., Mapping[str, Any]],
    sample: Mapping[str, Any] | None = None,
    n: int = 10,
    *,
    seed: int = 0,
    size: Size | None = None,
    targets: Sequence[str] | None = None,
    bbox_format: str | None = None,
    label_fields: Sequence[str] | None = None,
    keypoint_format: str | None = None,
    keypoint_label_fields: Sequence[str] | None = None,
    reseed: Callable[[int], Any] | None = None,
    tolerance: float = 0.0,
    ignore: Iterable[str] = (),
    folder: str | Path | None = None,
) -> Report:
    """Audit any callable in Albumentations' shape: do labels stay where the pixels are?

    Painted objects go through the pipeline, each with and without, under the same draw; the difference of the two pictures shows where the
    object went, whatever happened to the colours. Masks, boxes, polygons and keypoints that came back are compared with that, labels and
    their types with what went in.

    Args:
        pipeline: Called as ``pipeline(image=…, mask=…, bboxes=…, …)``, and returns a dict; a Compose of geoaug or of Albumentations says
            itself which formats and label fields it has.
        sample: What else a call of the pipeline looks like: ``image`` gives size, dtype and channels of the painted pictures, the names of
            the other targets say which it takes, and every other argument is passed along as it is, but not label fields.
        n: Calls with draws of their own. Each is repeated some 30 times with other pictures.
        seed: Of the audit.
        size: (height, width) of the painted pictures, at least 64 x 64; that of the sample, or 192 x 256.
        targets: What to pass: ``image`` and any of ``mask``, ``masks``, ``bboxes``, ``keypoints``, ``polygons``, ``annotations``. As
            default ``image``, ``mask``, ``masks``, what the pipeline has parameters for, and what it binds.
        bbox_format: For a pipeline that does not say it: ``coco``, ``pascal_voc``, ``albumentations`` or ``yolo``.
        label_fields: The same: names of the arguments with an entry a box.
        keypoint_format: The same: ``xy`` and its like.
        keypoint_label_fields: The same: names of the arguments with an entry a keypoint.
        reseed: Called with a whole number, makes the pipeline draw anew from there. As default its ``set_random_seed``, or the seeds of
            ``random``, ``numpy.random`` and a loaded PyTorch; where that repeats nothing, copies of the pipeline are called.
        tolerance: px of the output that are allowed on top, for blurs that move pixels on purpose.
        ignore: Codes of findings to leave out, see ``CODES``.
        folder: Where the picture of the first finding goes; a new temporary folder when not given.

    Returns: What was compared, for printing.

    Raises:
        Inconsistent: Something disagrees. It is an AssertionError; ``findings`` has all, the message the first of each kind.
        NothingChecked: Less than half of the calls showed anything that could be compared; it must not pass for consistent.
        ParameterError: An argument that makes no sense, or a format that the pipeline does not say and nobody told.

    Example:
        >>> from geoaug.testing import assert_pipeline_consistent
        >>> flips = A.Compose([A.HorizontalFlip()], bbox_params=A.BboxParams("coco", label_fields=["labels"]))
        >>> print(assert_pipeline_consistent(flips, n=2))
        Compose([HorizontalFlip]): consistent in 2 calls; rows compared: bboxes 8, masks 8, mask 8
    """
    ignored = check_codes(ignore)
    if type(n) is not int or n < 1:
        raise ParameterError(f"n={n!r}: expected a whole number of at least 1")
    given = dict(sample or {})
    scene = _scene(given, size)
    manner = _manner(pipeline, given, targets, (bbox_format, label_fields, keypoint_format, keypoint_label_fields))
    again = Again(pipeline, seed, reseed)
    moving = sorted({name for leaf in _leaves(pipeline) for name in _moves(leaf)})
    judge, title = Judge(scene, manner, tolerance + max((MOVING[name] for name in moving), default=0.0)), _title(pipeline)
    unseen: list[str] = []
    for call in range(n):
        judge.call = call
        if again.copies and call:
            again.advance(manner.arguments(scene, scene.picture()))
        out = _first(again, scene, manner, judge)
        if out is None:
            continue
        try:
            sight = _sight(again, call, scene, manner, np.asarray(out["image"]))
        except _Elsewhere as reason:
            unseen.append(f"call {call}: {reason}")
            continue
        if not _still_repeats(again, call, scene, manner, out, judge):
            unseen.append(f"call {call}: it was drawn anew in between")
            continue
        judge.look(call, out, sight)
        if len(judge.findings) > MOST:
            break
    judge.settle()
    findings = [finding for finding in judge.findings if finding.code not in ignored]
    notes = _notes(seed, again, unseen, moving)
    if findings:
        ordered = sorted(findings, key=lambda finding: finding.place is None)  # what a picture can show comes first
        path = _drawn(ordered[0], again, scene, manner, folder, title)
        raise Inconsistent(ordered, title, path, notes)
    if len(unseen) * 2 > n or not sum(judge.judged.values()):
        raise NothingChecked((), f"{title}: nothing could be compared in most of {n} calls, so it is not known whether it is consistent", None, notes)
    return Report(title, n, dict(judge.judged), dict(judge.unclear), tuple(notes[1:]))


def _leaves(node: Any, depth: int = 0) -> Iterator[Any]:
    children = getattr(node, "transforms", None)
    if isinstance(children, (list, tuple)) and depth < 32:
        for child in children:
            yield from _leaves(child, depth + 1)
    else:
        yield node


def _moves(leaf: Any) -> list[str]:
    """Returns: What a transform does to pixels that it does not do to labels, by the names in ``MOVING``."""
    filled = str(getattr(leaf, "fill", "")).startswith("inpaint")  # holes are filled with what is around them
    return [name for name in (type(leaf).__name__, *(["inpainting"] if filled else [])) if name in MOVING]


def _notes(seed: int, again: Again, unseen: list[str], moving: list[str]) -> list[str]:
    how = "copies of the pipeline" if again.copies else again.told
    notes = [f"audit's seed={seed}, repeated by {how}"]
    notes += [f"{name} moves pixels on purpose, and no labels: {MOVING[name]:g} px are allowed on top" for name in moving]
    return [*notes, *(f"not compared: {line}" for line in unseen[:3])]


def _title(pipeline: Any) -> str:
    children = getattr(pipeline, "transforms", None)
    name = getattr(pipeline, "__name__", type(pipeline).__name__)
    try:
        return f"{name}([{', '.join(type(child).__name__ for child in children)}])" if children is not None else str(name)
    except TypeError:
        return str(name)


def _scene(sample: dict[str, Any], size: Size | None) -> Painted:
    dtype: Any = np.uint8
    channels = 3
    if "image" in sample:
        image = np.asarray(sample["image"])
        if image.ndim not in (2, 3) or image.dtype.kind not in "uf":
            raise ParameterError(f"sample['image'] is {image.dtype} of shape {image.shape}: expected (h, w) or (h, w, channels), unsigned or float")
        size = size or (image.shape[0], image.shape[1])
        dtype, channels = image.dtype, image.shape[2] if image.ndim == 3 else 0
    size = size or SIZE
    if len(size) != 2 or min(size) < 64:
        raise ParameterError(f"size={size!r}: expected (height, width) of at least 64 x 64, so that objects can be told apart")
    return painted((int(size[0]), int(size[1])), dtype, channels)


def _manner(pipeline: Any, sample: dict[str, Any], targets: Sequence[str] | None, formats: tuple[Any, Any, Any, Any]) -> Manner:
    named = [name for name in sample if name in KNOWN]
    if targets is None and len(named) > 1:
        targets = ["image", *(name for name in named if name != "image")]
    manner = manner_of(pipeline, targets, *formats)
    extra = {name: value for name, value in sample.items() if name not in (*KNOWN, *manner.labels, *manner.point_labels)}
    return manner_of(pipeline, targets, *formats, extra)


# --- calls -----------------------------------------------------------------------------------------------------------


class _Elsewhere(Exception):
    """A draw could not be had again, and the reason why."""


def _first(again: Again, scene: Painted, manner: Manner, judge: Judge) -> dict[str, Any] | None:
    """Returns: What a call gives, after a look at everything that needs no second picture; None where there is nothing to go on with."""
    data = manner.arguments(scene, scene.picture())
    kept = copy.deepcopy(data)
    call = judge.call
    try:
        out = again(call, data)
    except Exception as fault:
        way = "; if the painted picture is too small, say size=(height, width)" if "rop" in str(fault) else ""
        judge.add("failed", "image", None, f"call {call} raised {type(fault).__name__}: {str(fault)[:300]}{way}")
        return None
    changed = [name for name in data if not _same(data[name], kept[name])]
    for name in changed:
        judge.add(
            "input-changed", name, _row_changed(data[name], kept[name]), f"{name}: what was passed in was modified{_how(data[name], kept[name])}"
        )
    if not isinstance(out, Mapping):
        judge.add("failed", "image", None, f"call {call} gave {type(out).__name__}, expected a dict of targets")
        return None
    lost = [name for name in (*manner.targets, *manner.labels, *manner.point_labels) if out.get(name) is None]
    for name in lost:
        judge.add("target-lost", name, None, f"{name} went in and did not come out; what came out is {', '.join(map(str, out))}")
    if set(lost) & set(manner.targets):
        return None
    read = {**out, "image": pixels_of(out["image"], scene), **{name: plain(out[name]) for name in ("mask", "masks") if name in manner.targets}}
    _look_at_kinds(read, kept, manner, judge)
    if not changed and not _repeats(again, call, scene, manner, read, judge):
        return None
    return read


def _repeats(again: Again, call: int, scene: Painted, manner: Manner, out: dict[str, Any], judge: Judge) -> bool:
    """Whether the same draw can be had again; where only copies give it, they are called from now on."""

    def once() -> Any:
        return again(call, manner.arguments(scene, scene.picture()))

    def alike(one: Mapping[str, Any]) -> str | None:
        for name in (*manner.targets, *manner.labels, *manner.point_labels):
            mine = pixels_of(one[name], scene) if name == "image" else plain(one[name]) if name in ("mask", "masks") else one[name]
            if not _same(mine, out[name]):
                return name
        return None

    differs = alike(once())
    if differs is None and call == 0:  # draws of few values may be the same twice by chance
        differs = next(filter(None, (alike(once()) for _ in range(TWICE))), None)
    if differs is None:
        return True
    if not again.copies and again.reseed is None:
        again.copies = True
        first = once()
        kept = pixels_of(first["image"], scene)
        if _same(pixels_of(once()["image"], scene), kept):
            out.update({**first, "image": kept})
            return True
    text = f"{differs}: two calls after {again.told} with the same number differ"
    judge.add("not-deterministic", differs, None, f"{text}, so that nothing drawn can be had again; geometry was not compared")
    return False


def _still_repeats(again: Again, call: int, scene: Painted, manner: Manner, out: dict[str, Any], judge: Judge) -> bool:
    """Whether all of the pictures between were of one draw: the first one again, at last, is what it was."""
    pixels = pixels_of(again(call, manner.arguments(scene, scene.picture()))["image"], scene)
    if _same(pixels, out["image"]):
        return True
    if again.reseed is None and not again.copies:
        again.copies = True
        return False
    text = f"image: two calls after {again.told} with the same number differ, so that nothing drawn can be had again; geometry was not compared"
    judge.add("not-deterministic", "image", None, text)
    return False


def _look_at_kinds(out: dict[str, Any], sent: dict[str, Any], manner: Manner, judge: Judge) -> None:
    image = out["image"]
    if image.dtype.kind == "f" and image.dtype.itemsize == 8 and sent["image"].dtype != image.dtype:
        judge.add(
            "dtype", "image", None, f"image came back as {image.dtype}, went in as {sent['image'].dtype}: four or eight times the memory by accident?"
        )
    elif image.dtype.kind not in "uf":
        judge.add("dtype", "image", None, f"image came back as {image.dtype}, went in as {sent['image'].dtype}")
    for name in ("mask", "masks"):
        if name in manner.targets:
            for index, mask in enumerate([out[name]] if name == "mask" else out[name]):
                kind = np.asarray(mask).dtype
                if kind != np.uint8:
                    where = name if name == "mask" else f"{name}[{index}]"
                    judge.add("dtype", name, None if name == "mask" else index, f"{where} came back as {kind}, went in as uint8")
                    break


def _sight(again: Again, call: int, scene: Painted, manner: Manner, base: Array) -> Sight:
    """Measure where everything went under one draw."""

    def seen(cover: Floats) -> Difference:
        out = again(call, manner.arguments(scene, scene.picture(cover)))
        pixels = pixels_of(out["image"], scene)
        if pixels.shape != base.shape:
            raise _Elsewhere(f"another picture with the same seed gave {pixels.shape} in place of {base.shape}")
        return Difference.of(pixels, base)

    size = base.shape[0], base.shape[1]
    gain = _gain([seen(scene.tiles(odd)) for odd in (0, 1)], size)
    visible = gain > SEEN
    differences = [seen(scene.shape(k)) for k in range(len(scene.boxes))]
    regions = [region(one, gain) for one in differences]
    drowned = frozenset(k for k, one in enumerate(differences) if regions[k] is None and one.noise > 0)
    x0, y0, x1, y1 = scene.boxes.T
    corners = np.stack([np.stack(pair, axis=1) for pair in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))], axis=1)
    places = np.concatenate([corners, scene.points], axis=1)
    found = [dot(seen(scene.dot(place))) for place in places.reshape(-1, 2)]
    found = [one if one is not None and _in_view(one, visible) else None for one in _believed(found)]
    dots = np.array([[np.nan, np.nan] if one is None else one.at for one in found]).reshape(places.shape)
    if all(one is None for one in regions) and np.isnan(dots).all():
        raise _Elsewhere("nothing of what was painted stands out in the picture that came back")
    clear = [one for one in found if one is not None]
    straight, kept = _straight(places.reshape(-1, 2), dots.reshape(-1, 2))
    if straight is not None:
        dots.reshape(-1, 2)[~kept] = np.nan
    noisy = max((one.noisy for one in clear), default=0.0)
    blurred = max(float(np.median([one.spread for one in clear])) / (DOT * (straight.scale if straight else 1.0)) - 1.5, 0.0) if clear else 0.0
    return Sight(size, visible, regions, dots, straight, min(noisy + 0.3 * blurred, 1.5), drowned)


def _gain(halves: list[Difference], size: Size) -> Floats:
    """Returns: How loud paint is at each pixel, from two pictures that together are painted all over; nothing where no source is seen."""
    total = np.zeros(size)
    for half in halves:
        top = float(np.percentile(half.plain, 90)) if half.plain.size else 0.0
        if top > 0:
            total += np.clip(half.plain / top, 0, 1.5)
    return total


def _believed(found: list[Dot | None]) -> list[Dot | None]:
    """Returns: The dots without those that are far lower than others: something smeared or covered a part of them."""
    heights = [one.height for one in found if one is not None]
    usual = float(np.median(heights)) if heights else 0.0
    spread = float(np.median([one.spread for one in found if one is not None])) if heights else 0.0
    return [one if one is not None and one.height > SMEARED * usual and one.spread < 2 * spread + 0.5 else None for one in found]


def _straight(places: Floats, dots: Floats) -> tuple[Fit | None, Array]:
    """Returns: The matrix that all dots follow, and which do; only a mirrored copy of a dot, far off, need not."""
    there: Array = np.isfinite(dots).all(axis=1).reshape(-1)
    kept = there
    least = max(FEWEST, int(0.6 * kept.sum()))
    while kept.sum() >= least:
        made = fit(places[kept], dots[kept])
        if made is None:
            break
        off = np.hypot(*(made(places) - dots).T)
        if made.off <= STRAIGHT:
            # what is off by little is a bend, however many dots lie straight
            return (made, kept) if (off[there & ~kept] > COPY).all() else (None, there)
        kept = kept & ~(off >= made.off - 1e-9)
    return None, there


def _in_view(one: Dot, visible: Array) -> bool:
    """Whether nothing covers a part of a dot."""
    reach = 2.5 * one.spread
    rows, columns = np.ogrid[: visible.shape[0], : visible.shape[1]]
    return bool(visible[np.hypot(rows + 0.5 - one.at[1], columns + 0.5 - one.at[0]) < reach].all())


# --- values ----------------------------------------------------------------------------------------------------------


def _same(one: Any, other: Any) -> bool:
    if hasattr(one, "shape") or hasattr(other, "shape"):
        one, other = np.asarray(one), np.asarray(other)
        return bool(one.shape == other.shape and one.dtype == other.dtype and np.array_equal(one, other, equal_nan=one.dtype.kind == "f"))
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    return bool(one == other) or (one != one and other != other)


def _row_changed(now: Any, before: Any) -> int | None:
    if isinstance(now, list) and isinstance(before, list) and len(now) == len(before):
        return next((k for k, (one, other) in enumerate(zip(now, before, strict=True)) if not _same(one, other)), None)
    return None


def _how(now: Any, before: Any) -> str:
    if isinstance(now, np.ndarray) and now.shape == before.shape:
        return f": {int((now != before).sum())} of its {now.size} values are not what they were"
    if isinstance(now, list) and len(now) != len(before):
        return f": it had {len(before)} rows, and has {len(now)}"
    row = _row_changed(now, before)
    return "" if row is None else f": row {row} was {str(before[row])[:80]} and is {str(now[row])[:80]}"


def _drawn(first: Finding, again: Again, scene: Painted, manner: Manner, folder: str | Path | None, title: str) -> str | None:
    from geoaug.testing.sheet import write_sheet

    return write_sheet(first, again, scene, manner, folder, title)
