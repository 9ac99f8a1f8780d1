"""The step that drawn parameters mean by Albumentations' names: a gamma, a kernel, a map of noise, where each pixel comes from.

Classes of users put such parameters into ``apply`` where they override what is drawn. Steps of geoaug's own are told by a few
numbers and a seed; where Albumentations draws whole arrays, the array itself is the step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from attrs import field, frozen

from geoaug.geometry.bend import Bend
from geoaug.geometry.field import Lattice, centres
from geoaug.geometry.matrix import chain, scaling, translation
from geoaug.raster import noise, plasma, superpixels, weather
from geoaug.raster.bends import bend_picture
from geoaug.raster.holes import clipped
from geoaug.raster.neighbours import convolved, separably_convolved
from geoaug.raster.values import largest
from geoaug.scene import Scene
from geoaug.steps.erase import Erase
from geoaug.steps.filter import Filter
from geoaug.steps.grow import Grow
from geoaug.steps.shuffle import Shuffle
from geoaug.steps.step import Step
from geoaug.steps.tone import Tone
from geoaug.steps.warp import Border, Sampler
from geoaug.transforms.light import light
from geoaug.transforms.resampling import border_of, sampler_of, warp
from geoaug.types import Array, Size

Params = Mapping[str, Any]
Meaning = Callable[[Any, Scene, Params], Step]


@frozen(slots=False)
class Given(Step):
    """Change pixels by arrays that somebody drew; boxes and points stay.

    Args:
        change: What happens to a picture.
        mask_change: What happens to a mask; None for nothing.
    """

    change: Callable[[Array], Array] = field(eq=False)
    mask_change: Callable[[Array], Array] | None = field(default=None, eq=False)

    def image(self, pixels: Array, owned: bool = False) -> Array:
        return self.change(pixels)

    def mask(self, pixels: Array) -> Array:
        return pixels if self.mask_change is None else self.mask_change(pixels)


@frozen(slots=False)
class GivenBend(Step):
    """Bend everything through a field of coordinates that somebody drew.

    Args:
        bent: The field.
        sampler: How it reads between pixels.
        border: What lies outside.
    """

    bent: Lattice = field(eq=False)
    sampler: Sampler
    border: Border

    @property
    def legs(self) -> tuple[Bend, ...]:
        return (Bend(self.bent),)

    def image(self, pixels: Array, owned: bool = False) -> Array:
        return bend_picture(pixels, self.bent, self.sampler.image, self.border.mode, self.border.fill)

    def mask(self, pixels: Array) -> Array:
        return bend_picture(pixels, self.bent, self.sampler.mask, self.border.mode, self.border.fill_mask)


def meant(transform: Any, scene: Scene, params: Params) -> Step | None:
    """Returns: The step that parameters mean for a transform's class, None where they say nothing.

    Args:
        transform: Whose parameters they are.
        scene: What they are applied to.
        params: What was drawn, by Albumentations' names, and ``white``, the level that means white.
    """
    for cls in type(transform).__mro__:
        if cls.__name__ in MEANINGS:
            for names, meaning in MEANINGS[cls.__name__]:
                if all(params.get(name) is not None for name in names):
                    return meaning(transform, scene, params)
            return None
    return None


# --- values ----------------------------------------------------------------------------------------------------------


def _brightness(transform: Any, scene: Scene, params: Params) -> Step:
    return Tone.of("linear", factor=float(params["alpha"]), shift=float(params["beta"]) / params["white"])


JITTERS: tuple[tuple[str, str, str], ...] = (
    ("linear", "brightness", "factor"),
    ("contrast", "contrast", "factor"),
    ("saturation", "saturation", "factor"),
    ("hue", "hue", "turn"),
)


def _jitter(transform: Any, scene: Scene, params: Params) -> Step:
    told = [JITTERS[int(number)] for number in params["order"]]
    return Tone.join([Tone.of(curve, **{key: float(params[name])}, **({"shift": 0.0} if curve == "linear" else {})) for curve, name, key in told])


def _illumination(transform: Any, scene: Scene, params: Params) -> Step:
    if transform.mode == "linear":
        return Tone.of("light_along", intensity=params["intensity"], angle=params["angle"])
    if transform.mode == "corner":
        return Tone.of("light_from_corner", intensity=params["intensity"], corner=int(params["corner"]))
    return Tone.of("light_on_spot", intensity=params["intensity"], centre=tuple(params["center"]), sigma=params["sigma"])


def _added(transform: Any, scene: Scene, params: Params) -> Step:
    drawn = np.asarray(params["noise_map"])
    if drawn.ndim < 2:
        return Tone.of("shift", shifts=tuple(float(value) / params["white"] for value in drawn.ravel()))
    return Given(partial(noise.with_noise, noise=drawn))


def _multiplied(transform: Any, scene: Scene, params: Params) -> Step:
    factors = np.asarray(params["multiplier"])
    if factors.size == 1:
        return Tone.of("linear", factor=float(factors.ravel()[0]), shift=0.0)
    return Given(partial(noise.with_factors, factors=factors))


def _kernel(name: str) -> Meaning:
    def meaning(transform: Any, scene: Scene, params: Params) -> Step:
        kernel = np.asarray(params[name])
        return Given(partial(separably_convolved if kernel.ndim == 1 else convolved, kernel=kernel))

    return meaning


def _zoomed(transform: Any, scene: Scene, params: Params) -> Step:
    factors = np.asarray(params["zoom_factors"], np.float64)
    step = float(factors[1] - factors[0]) if len(factors) > 1 else 0.01
    return Filter.of("zoom_blur", most=1 + step * (len(factors) - 0.5), step=step)


def _aberration(transform: Any, scene: Scene, params: Params) -> Step:
    red, blue = (tuple(float(params[f"{order}_distortion_{colour}"]) for order in ("primary", "secondary")) for colour in ("red", "blue"))
    return Filter.of("aberration", red=red, blue=blue, interpolation=transform.interpolation)


def _salt(transform: Any, scene: Scene, params: Params) -> Step:
    salt, pepper = np.asarray(params["salt_mask"], bool), np.asarray(params["pepper_mask"], bool)

    def change(pixels: Array) -> Array:
        out = pixels.copy()
        out[salt] = largest(pixels.dtype)
        out[pepper] = 0
        return out

    return Given(change)


def _rained(transform: Any, scene: Scene, params: Params) -> Step:
    how = (params["drop_length"], params["slant"], transform.drop_width, transform.drop_color, transform.blur_value, transform.brightness_coefficient)
    return Given(lambda pixels: weather.rained(pixels, np.asarray(params["rain_drops"]), *how))


def _fogged(transform: Any, scene: Scene, params: Params) -> Step:
    places, radii = np.array(params["particle_positions"]).reshape(-1, 2), np.array(params["radiuses"])
    return Given(partial(weather.fogged, places=places, radii=radii, alpha=transform.alpha_coef * params["intensity"]))


def _snowed(transform: Any, scene: Scene, params: Params) -> Step:
    if transform.method == "bleach":
        return Filter.of("snow_bleach", point=params["snow_point"], brightness=transform.brightness_coeff)
    texture, sparkle = params["snow_texture"], params["sparkle_mask"]
    return Given(lambda pixels: weather.snowed(pixels, params["snow_point"], transform.brightness_coeff, texture, sparkle))


def _shadow(transform: Any, scene: Scene, params: Params) -> Step:
    polygons = zip(np.asarray(params["intensities"]).tolist(), params["vertices_list"], strict=True)
    return Filter.of("shadow", shadows=tuple((strength, tuple(map(tuple, np.asarray(corners).tolist()))) for strength, corners in polygons))


def _flare(transform: Any, scene: Scene, params: Params) -> Step:
    circles = tuple((float(alpha), *map(int, place), int(radius), *map(int, colour)) for alpha, place, radius, colour in params["circles"])
    x, y = map(int, params["flare_center"])
    how = {"radius": transform.src_radius, "colour": transform.src_color, "method": transform.method}
    return Filter.of("sun_flare", centre=(x, y), circles=circles, **how)


def _superpixels(transform: Any, scene: Scene, params: Params) -> Step:
    how = transform.max_size or 0, transform.interpolation
    return Given(lambda pixels: superpixels.painted(pixels, np.asarray(params["replace_samples"]), *how))


# --- what is covered -------------------------------------------------------------------------------------------------


def _erased(transform: Any, scene: Scene, params: Params) -> Step:
    holes = clipped(np.asarray(params["holes"]), scene.size)
    return Erase(scene.size, holes, transform.fill, transform.fill_mask, int(params.get("seed", 0)))


def _dropped(transform: Any, scene: Scene, params: Params) -> Step:
    mask_hit, mask_values = params.get("mask_drop_mask"), params.get("mask_drop_values")
    return Given(
        lambda pixels: np.where(_for_channels(params["drop_mask"], pixels), _for_channels(params["drop_values"], pixels), pixels),
        None if mask_hit is None else lambda mask: np.where(_for_channels(mask_hit, mask), _for_channels(mask_values, mask), mask),
    )


def _for_channels(values: Any, pixels: Array) -> Array:
    """Returns: Values of any of the shapes that Albumentations draws, so that they go with the picture; of its dtype unless they are yes and no."""
    found = np.asarray(values)
    found = found if found.dtype == np.bool_ else found.astype(pixels.dtype)
    if found.ndim == 3 and pixels.ndim == 2:
        return found[..., 0]
    return found[..., None] if found.ndim == 2 and pixels.ndim == 3 else found


def _objects(transform: Any, scene: Scene, params: Params) -> Step:
    hit = np.asarray(params["dropout_mask"], bool)

    def covered(pixels: Array, fill: Any) -> Array:
        out = pixels.copy()
        out[hit] = fill
        return out

    return Given(lambda pixels: covered(pixels, transform.fill), lambda mask: covered(mask, transform.fill_mask))


# --- what moves ------------------------------------------------------------------------------------------------------


def _perspective(transform: Any, scene: Scene, params: Params) -> Step:
    height, width = scene.size
    size: Size = (int(params["max_height"]), int(params["max_width"]))
    matrix = np.asarray(params["matrix"], np.float64)
    if transform.keep_size:
        matrix, size = np.diag([width / size[1], height / size[0], 1.0]) @ matrix, scene.size
    return warp(transform, scene, from_centres(matrix), size)


def from_centres(matrix: Any) -> Any:
    """Returns: A matrix that counts pixel centres, as one that counts edges, nine numbers."""
    return chain(translation(-0.5, -0.5), tuple(np.asarray(matrix, np.float64).reshape(-1).tolist()), translation(0.5, 0.5))


def _rotation(transform: Any, scene: Scene, params: Params) -> Step:
    matrix, size = from_centres(params["matrix"]), scene.size
    if transform.crop_border:
        left, right, top, bottom = (int(params[name]) for name in ("x_min", "x_max", "y_min", "y_max"))
        matrix, size = chain(matrix, translation(-left, -top)), (bottom - top, right - left)
    return warp(transform, scene, matrix, size)


def _margins(transform: Any, scene: Scene, params: Params) -> Step:
    left, top = (0, 0) if not params.get("crop_params") else params["crop_params"][:2]
    above, _, beside, _ = params.get("pad_params") or (0, 0, 0, 0)
    matrix, size = translation(beside - left, above - top), tuple(int(side) for side in params["result_shape"][:2])
    if transform.keep_size:
        matrix, size = chain(matrix, scaling(scene.size[1] / size[1], scene.size[0] / size[0])), scene.size
    return warp(transform, scene, matrix, (size[0], size[1]))


def _bent(transform: Any, scene: Scene, params: Params) -> Step:
    height, width = scene.size
    x, y = (np.asarray(params[name], np.float64) for name in ("map_x", "map_y"))
    away = np.stack([x - centres(width) + 0.5, y - centres(height)[:, None] + 0.5], axis=2)
    return GivenBend(Lattice.of_pixels(away.astype(np.float32)), sampler_of(transform, scene.size, scene.size, False), border_of(transform))


def _shuffled(transform: Any, scene: Scene, params: Params) -> Step:
    tiles = np.asarray(params["tiles"]).astype(int)
    rows, columns = (sorted({*tiles[:, start].tolist(), *tiles[:, start + 2].tolist()}) for start in (0, 1))
    wide, places = len(columns) - 1, [0] * len(tiles)
    numbers = [rows.index(top) * wide + columns.index(left) for top, left in tiles[:, :2].tolist()]
    for place, tile in enumerate(params["mapping"]):
        places[numbers[place]] = numbers[int(tile)]
    return Shuffle(tuple(rows), tuple(columns), tuple(places))


def _grown(transform: Any, scene: Scene, params: Params) -> Step:
    tall, wide = np.shape(params["kernel"])[:2]
    return Grow(scene.size, (wide, tall), transform.operation)


def _of(kind: type[Tone] | type[Filter], operation: str, /, **names: Any) -> Meaning:
    """Returns: What makes a step of one operation, each of whose numbers is called otherwise or is a parameter of the class."""

    def meaning(transform: Any, scene: Scene, params: Params) -> Step:
        numbers = {key: told(transform, params) if callable(told) else _plain(params[told]) for key, told in names.items()}
        return kind.of(operation, **numbers)

    return meaning


def _plain(value: Any) -> Any:
    found = value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value
    return tuple(found) if isinstance(found, list) else found


MEANINGS: dict[str, list[tuple[tuple[str, ...], Meaning]]] = {
    "RandomBrightnessContrast": [(("alpha", "beta"), _brightness)],
    "RandomGamma": [(("gamma",), _of(Tone, "power", exponent="gamma"))],
    "HueSaturationValue": [
        (("hue_shift", "sat_shift", "val_shift"), _of(Tone, "hsv_shift", hue="hue_shift", saturation="sat_shift", value="val_shift"))
    ],
    "ColorJitter": [(("order", "brightness", "contrast", "saturation", "hue"), _jitter)],
    "RGBShift": [(("noise_map",), _added)],
    "AdditiveNoise": [(("noise_map",), _added)],
    "GaussNoise": [(("noise_map",), _added)],
    "MultiplicativeNoise": [(("multiplier",), _multiplied)],
    "ChannelShuffle": [(("channels_shuffled",), _of(Tone, "order", channels="channels_shuffled"))],
    "ChannelDropout": [
        (("channels_to_drop",), _of(Tone, "drop", channels=lambda _, params: tuple(sorted(map(int, params["channels_to_drop"]))),
                                    fill=lambda transform, _: float(transform.fill)))
    ],
    "FancyPCA": [(("alpha_vector",), _of(Tone, "principal", strengths="alpha_vector"))],
    "CLAHE": [(("clip_limit",), _of(Tone, "clahe", limit="clip_limit", tiles=lambda transform, _: transform.tile_grid_size))],
    "Posterize": [(("num_bits",), _of(Tone, "posterize", bits="num_bits"))],
    "Solarize": [(("threshold",), _of(Tone, "solarize", threshold="threshold"))],
    "RandomToneCurve": [(("low_y", "high_y"), _of(Tone, "bezier", low="low_y", high="high_y"))],
    "PlanckianJitter": [
        (("temperature",), _of(Tone, "gain", factors=lambda transform, params: light(transform.mode, int(params["temperature"]))))
    ],
    "Illumination": [(("intensity",), _illumination)],
    "Blur": [(("kernel",), _of(Filter, "box_blur", size="kernel"))],
    "MedianBlur": [(("kernel",), _of(Filter, "median_blur", size="kernel"))],
    "GaussianBlur": [(("kernel",), _kernel("kernel"))],
    "MotionBlur": [(("kernel",), _kernel("kernel"))],
    "AdvancedBlur": [(("kernel",), _kernel("kernel"))],
    "RingingOvershoot": [(("kernel",), _kernel("kernel"))],
    "Emboss": [(("emboss_matrix",), _kernel("emboss_matrix"))],
    "Sharpen": [
        (("sharpening_matrix",), _kernel("sharpening_matrix")),
        (("alpha",), _of(Filter, "sharpen_gaussian", share="alpha", size=lambda transform, _: transform.kernel_size,
                         sigma=lambda transform, _: transform.sigma)),
    ],
    "UnsharpMask": [
        (("ksize", "sigma", "alpha"), _of(Filter, "unsharp_mask", share="alpha", size="ksize", sigma="sigma",
                                          threshold=lambda transform, _: transform.threshold))
    ],
    "Defocus": [(("radius", "alias_blur"), _of(Filter, "defocus", radius="radius", smoothing="alias_blur"))],
    "ZoomBlur": [(("zoom_factors",), _zoomed)],
    "Downscale": [
        (("scale",), _of(Filter, "downscale", scale="scale", down=lambda transform, _: transform.interpolation_pair["downscale"],
                         up=lambda transform, _: transform.interpolation_pair["upscale"]))
    ],
    "ImageCompression": [(("quality",), _of(Filter, "compressed", method=lambda transform, _: transform.compression_type, quality="quality"))],
    "ChromaticAberration": [(("primary_distortion_red", "secondary_distortion_red"), _aberration)],
    "ISONoise": [
        (("color_shift", "intensity", "random_seed"), _of(Filter, "iso_noise", turn="color_shift", intensity="intensity", seed="random_seed"))
    ],
    "ShotNoise": [(("scale", "random_seed"), _of(Filter, "shot_noise", scale="scale", seed="random_seed"))],
    "SaltAndPepper": [(("salt_mask", "pepper_mask"), _salt)],
    "PlasmaBrightnessContrast": [
        (("plasma_pattern",), lambda _, __, params: Given(
            partial(plasma.lit, brightness=params["brightness_factor"], contrast=params["contrast_factor"], pattern=params["plasma_pattern"])))
    ],
    "PlasmaShadow": [
        (("plasma_pattern",), lambda _, __, params: Given(partial(plasma.shaded, intensity=params["intensity"], pattern=params["plasma_pattern"])))
    ],
    "RandomRain": [(("rain_drops",), _rained)],
    "RandomFog": [(("particle_positions", "radiuses"), _fogged)],
    "RandomSnow": [(("snow_point",), _snowed)],
    "RandomShadow": [(("vertices_list", "intensities"), _shadow)],
    "RandomSunFlare": [(("circles", "flare_center"), _flare)],
    "RandomGravel": [(("gravels_infos",), lambda _, __, params: Given(partial(weather.gravelled, stones=np.asarray(params["gravels_infos"]))))],
    "Superpixels": [(("replace_samples",), _superpixels)],
    "CoarseDropout": [(("holes",), _erased)],
    "ConstrainedCoarseDropout": [(("holes",), _erased)],
    "GridDropout": [(("holes",), _erased)],
    "XYMasking": [(("holes",), _erased)],
    "Erasing": [(("holes",), _erased)],
    "PixelDropout": [(("drop_mask", "drop_values"), _dropped)],
    "MaskDropout": [(("dropout_mask",), _objects)],
    "Perspective": [(("matrix", "max_height", "max_width"), _perspective)],
    "Rotate": [(("matrix", "x_min", "y_min"), _rotation)],
    "CropAndPad": [(("result_shape",), _margins)],
    "ElasticTransform": [(("map_x", "map_y"), _bent)],
    "GridDistortion": [(("map_x", "map_y"), _bent)],
    "OpticalDistortion": [(("map_x", "map_y"), _bent)],
    "ThinPlateSpline": [(("map_x", "map_y"), _bent)],
    "PiecewiseAffine": [(("map_x", "map_y"), _bent)],
    "RandomGridShuffle": [(("tiles", "mapping"), _shuffled)],
    "Morphological": [(("kernel",), _grown)],
}  # fmt: skip
