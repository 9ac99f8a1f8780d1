"""One row a transform: how the laws build it. A transform without a row fails the suite."""

from __future__ import annotations

from collections.abc import Callable

import geoaug as A

SPATIAL: dict[str, list[Callable[[], A.Transform]]] = {
    "HorizontalFlip": [lambda: A.HorizontalFlip(p=1)],
    "VerticalFlip": [lambda: A.VerticalFlip(p=1)],
    "Transpose": [lambda: A.Transpose(p=1)],
    "RandomRotate90": [lambda: A.RandomRotate90(p=1)],
    "Rotate": [
        lambda: A.Rotate(limit=40, p=1),
        lambda: A.Rotate(limit=(20, 70), crop_border=True, p=1),
        lambda: A.Rotate(limit=(90, 90), p=1),
    ],
    "ShiftScaleRotate": [lambda: A.ShiftScaleRotate(p=1)],
    "Affine": [
        lambda: A.Affine(scale=(0.7, 1.3), rotate=(-30, 30), shear=(-10, 10), translate_percent=(-0.1, 0.1), p=1),
        lambda: A.Affine(scale=(0.5, 0.9), rotate=(-90, 90), fit_output=True, p=1),
        lambda: A.Affine(translate_px={"x": (-20, 20), "y": (-20, 20)}, keep_ratio=True, balanced_scale=True, scale=(0.6, 1.6), p=1),
    ],
    "Perspective": [
        lambda: A.Perspective(p=1),
        lambda: A.Perspective(keep_size=False, p=1),
        lambda: A.Perspective(fit_output=True, p=1),
        lambda: A.Perspective(fit_output=True, keep_size=False, p=1),
    ],
    "Resize": [lambda: A.Resize(130, 333), lambda: A.Resize(333, 130), lambda: A.Resize(90, 120, area_for_downscale="image")],
    "LongestMaxSize": [lambda: A.LongestMaxSize(max_size=300), lambda: A.LongestMaxSize(max_size_hw=(200, 200))],
    "PadIfNeeded": [lambda: A.PadIfNeeded(300, 333), lambda: A.PadIfNeeded(300, 301, position="random")],
    "RandomCrop": [lambda: A.RandomCrop(120, 150), lambda: A.RandomCrop(200, 150, pad_if_needed=True)],
    "CenterCrop": [lambda: A.CenterCrop(120, 150), lambda: A.CenterCrop(200, 300, pad_if_needed=True)],
    "RandomResizedCrop": [lambda: A.RandomResizedCrop(size=(128, 160), scale=(0.3, 0.9))],
    "D4": [lambda: A.D4()],
    "SquareSymmetry": [lambda: A.SquareSymmetry()],
    "Flip": [lambda: A.Flip(p=1)],
    "SafeRotate": [lambda: A.SafeRotate(p=1), lambda: A.SafeRotate(limit=(90, 90), p=1)],
    "RandomScale": [lambda: A.RandomScale(scale_limit=(-0.4, 0.6), p=1)],
    "SmallestMaxSize": [lambda: A.SmallestMaxSize(max_size=[150, 200]), lambda: A.SmallestMaxSize(max_size_hw=(200, None))],
    "Pad": [lambda: A.Pad(padding=(5, 10, 15, 20)), lambda: A.Pad(padding=30)],
    "LetterBox": [lambda: A.LetterBox(300, fill=0), lambda: A.LetterBox((150, 333), fill=0, position="random")],
    "Crop": [lambda: A.Crop(20, 10, 200, 160), lambda: A.Crop(40, 0, 250, 185, pad_if_needed=True, pad_position="random")],
    "CropAndPad": [
        lambda: A.CropAndPad(px=(-20, 20), keep_size=False),
        lambda: A.CropAndPad(percent=(-0.1, 0.1)),
        lambda: A.CropAndPad(percent=((-0.2, 0), 0.1, -0.05, [0, 0.1, 0.2])),
    ],
    "RandomCropFromBorders": [lambda: A.RandomCropFromBorders()],
    "RandomSizedCrop": [lambda: A.RandomSizedCrop(min_max_height=(100, 170), size=(128, 160), w2h_ratio=1.2)],
    "BBoxSafeRandomCrop": [lambda: A.BBoxSafeRandomCrop(), lambda: A.BBoxSafeRandomCrop(erosion_rate=0.3)],
    "RandomSizedBBoxSafeCrop": [lambda: A.RandomSizedBBoxSafeCrop(128, 160)],
    "AtLeastOneBBoxRandomCrop": [lambda: A.AtLeastOneBBoxRandomCrop(120, 150), lambda: A.AtLeastOneBBoxRandomCrop(90, 120, erosion_factor=0.5)],
}

# transforms that ask the call for more than a picture: a mask, a box by name
ASKING: dict[str, list[Callable[[], A.Transform]]] = {
    "RandomCropNearBBox": [lambda: A.RandomCropNearBBox(max_part_shift=0.1)],
    "CropNonEmptyMaskIfExists": [lambda: A.CropNonEmptyMaskIfExists(120, 150)],
}

# transforms that bend: they move points, but by no matrix
BENDS: dict[str, list[Callable[[], A.Transform]]] = {
    "ElasticTransform": [
        lambda: A.ElasticTransform(alpha=40, sigma=6, p=1),
        lambda: A.ElasticTransform(alpha=12, sigma=8, approximate=True, same_dxdy=True, noise_distribution="uniform", p=1),
    ],
    "GridDistortion": [lambda: A.GridDistortion(p=1), lambda: A.GridDistortion(num_steps=3, distort_limit=0.5, normalized=False, p=1)],
    "OpticalDistortion": [lambda: A.OpticalDistortion(distort_limit=0.3, p=1), lambda: A.OpticalDistortion(distort_limit=0.3, mode="fisheye", p=1)],
    "ThinPlateSpline": [lambda: A.ThinPlateSpline(p=1), lambda: A.ThinPlateSpline(num_control_points=2, p=1)],
    "PiecewiseAffine": [lambda: A.PiecewiseAffine(p=1)],
    "GridElasticDeform": [lambda: A.GridElasticDeform(num_grid_xy=(4, 3), magnitude=8, p=1)],
}

TONE: dict[str, list[Callable[[], A.Transform]]] = {
    "RandomBrightnessContrast": [lambda: A.RandomBrightnessContrast(p=1), lambda: A.RandomBrightnessContrast(brightness_by_max=False, p=1)],
    "RandomGamma": [lambda: A.RandomGamma(p=1)],
    "HueSaturationValue": [lambda: A.HueSaturationValue(p=1)],
    "ColorJitter": [lambda: A.ColorJitter(p=1)],
    "ToGray": [lambda: A.ToGray(p=1)],
    "Normalize": [lambda: A.Normalize()],
    "InvertImg": [lambda: A.InvertImg(p=1)],
    "Solarize": [lambda: A.Solarize((0.2, 0.8), p=1)],
    "Posterize": [lambda: A.Posterize((2, 5), p=1), lambda: A.Posterize([1, (2, 4), 6], p=1)],
    "RandomToneCurve": [lambda: A.RandomToneCurve(p=1), lambda: A.RandomToneCurve(0.2, per_channel=True, p=1)],
    "RGBShift": [lambda: A.RGBShift(p=1)],
    "ChannelShuffle": [lambda: A.ChannelShuffle(p=1)],
    "ChannelDropout": [lambda: A.ChannelDropout(p=1), lambda: A.ChannelDropout((1, 2), fill=99, p=1)],
    "ToRGB": [lambda: A.ToRGB()],
    "ToSepia": [lambda: A.ToSepia(p=1)],
    "FancyPCA": [lambda: A.FancyPCA(3, p=1)],
    "Equalize": [lambda: A.Equalize(p=1), lambda: A.Equalize("pil", by_channels=False, p=1)],
    "AutoContrast": [lambda: A.AutoContrast(p=1), lambda: A.AutoContrast(5, 128, "pil", p=1)],
    "CLAHE": [lambda: A.CLAHE(p=1)],
    "PlanckianJitter": [lambda: A.PlanckianJitter(p=1), lambda: A.PlanckianJitter("cied", (5000, 9000), "gaussian", p=1)],
    "Illumination": [lambda: A.Illumination(p=1), lambda: A.Illumination("corner", p=1), lambda: A.Illumination("gaussian", p=1)],
    "ToFloat": [lambda: A.ToFloat()],
}

# transforms that cover parts of the picture, which no matrix describes
HOLES: dict[str, list[Callable[[], A.Transform]]] = {
    "CoarseDropout": [
        lambda: A.CoarseDropout(p=1),
        lambda: A.CoarseDropout((3, 5), (10, 40), (10, 40), fill=(1, 2, 3), fill_mask=0, p=1),
        lambda: A.CoarseDropout((2, 2), fill="random", fill_mask=7, p=1),
        lambda: A.CoarseDropout(fill="inpaint_telea", p=1),
    ],
    "GridDropout": [
        lambda: A.GridDropout(p=1),
        lambda: A.GridDropout(random_offset=False, holes_number_xy=(4, 3), shift_xy=(5, 6), fill_mask=0, p=1),
        lambda: A.GridDropout(unit_size_range=(20, 40), fill="random_uniform", p=1),
    ],
    "XYMasking": [lambda: A.XYMasking((1, 3), (1, 2), (5, 30), (5, 30), fill_mask=0, p=1)],
    "MaskDropout": [lambda: A.MaskDropout(p=1), lambda: A.MaskDropout(max_objects=3, fill="inpaint_ns", fill_mask=None, p=1)],
    "Erasing": [lambda: A.Erasing(p=1), lambda: A.Erasing(fill_mask=0, p=1)],
    "ConstrainedCoarseDropout": [
        lambda: A.ConstrainedCoarseDropout((2, 3), (0.2, 0.4), (0.2, 0.4), mask_indices=[1, 2], p=1),
        lambda: A.ConstrainedCoarseDropout(fill_mask=0, bbox_labels=["cat", 3], p=1),
    ],
}

SPECKS: dict[str, list[Callable[[], A.Transform]]] = {
    "PixelDropout": [
        lambda: A.PixelDropout(p=1),
        lambda: A.PixelDropout(dropout_prob=0.3, per_channel=True, drop_value=None, mask_drop_value=9, p=1),
    ],
}

TILES: dict[str, list[Callable[[], A.Transform]]] = {
    "RandomGridShuffle": [lambda: A.RandomGridShuffle(p=1), lambda: A.RandomGridShuffle((4, 7), p=1)],
}

GROWTH: dict[str, list[Callable[[], A.Transform]]] = {
    "Morphological": [lambda: A.Morphological(p=1), lambda: A.Morphological((5, 4), operation="erosion", p=1)],
}

# reads what the laws pass as overlay_metadata
OVERLAY: dict[str, list[Callable[[], A.Transform]]] = {"OverlayElements": [lambda: A.OverlayElements(p=1)]}

# reads what the laws pass as mosaic_metadata
MOSAIC: dict[str, list[Callable[[], A.Transform]]] = {
    "Mosaic": [
        lambda: A.Mosaic(target_size=(150, 170), cell_shape=(120, 130), p=1),
        lambda: A.Mosaic((1, 3), (100, 250), (110, 100), (0, 1), "contain", fill=(1, 2, 3), fill_mask=4, p=1),
    ],
}

# transforms that need whole neighbourhoods, a random field or a codec
FILTERS: dict[str, list[Callable[[], A.Transform]]] = {
    "Blur": [lambda: A.Blur(p=1)],
    "MedianBlur": [lambda: A.MedianBlur((3, 9), p=1)],
    "GaussianBlur": [lambda: A.GaussianBlur(p=1), lambda: A.GaussianBlur((3, 8), p=1)],
    "MotionBlur": [lambda: A.MotionBlur(p=1), lambda: A.MotionBlur(9, allow_shifted=False, direction_range=(1, 1), p=1)],
    "Defocus": [lambda: A.Defocus(p=1)],
    "ZoomBlur": [lambda: A.ZoomBlur((1.05, 1.1), p=1)],
    "AdvancedBlur": [lambda: A.AdvancedBlur(p=1)],
    "GlassBlur": [lambda: A.GlassBlur(p=1), lambda: A.GlassBlur(0, 2, 1, "exact", p=1)],
    "Sharpen": [lambda: A.Sharpen(p=1), lambda: A.Sharpen(method="gaussian", p=1)],
    "UnsharpMask": [lambda: A.UnsharpMask(p=1), lambda: A.UnsharpMask(9, (0.5, 2), threshold=0, p=1)],
    "Emboss": [lambda: A.Emboss(p=1)],
    "RingingOvershoot": [lambda: A.RingingOvershoot(p=1)],
    "GaussNoise": [lambda: A.GaussNoise(p=1), lambda: A.GaussNoise((0.1, 0.2), (-0.1, 0.1), per_channel=False, noise_scale_factor=0.3, p=1)],
    "ISONoise": [lambda: A.ISONoise(p=1)],
    "MultiplicativeNoise": [
        lambda: A.MultiplicativeNoise(p=1),
        lambda: A.MultiplicativeNoise(per_channel=True, p=1),
        lambda: A.MultiplicativeNoise(elementwise=True, p=1),
        lambda: A.MultiplicativeNoise(per_channel=True, elementwise=True, p=1),
    ],
    "ShotNoise": [lambda: A.ShotNoise(p=1), lambda: A.ShotNoise((0.001, 0.01), p=1)],
    "SaltAndPepper": [lambda: A.SaltAndPepper(p=1)],
    "AdditiveNoise": [
        lambda: A.AdditiveNoise(p=1),
        lambda: A.AdditiveNoise("gaussian", "per_pixel", p=1),
        lambda: A.AdditiveNoise("laplace", "shared", approximation=0.5, p=1),
        lambda: A.AdditiveNoise("beta", "per_pixel", {"alpha_range": (1, 2), "beta_range": (1, 2), "scale_range": (0.1, 0.2)}, p=1),
        lambda: A.AdditiveNoise("uniform", "per_pixel", {"ranges": [(-0.1, 0.1), (0, 0.2), (-0.3, 0)]}, p=1),
    ],
    "ImageCompression": [lambda: A.ImageCompression(quality_range=(30, 90), p=1), lambda: A.ImageCompression("webp", (20, 60), p=1)],
    "Downscale": [lambda: A.Downscale(p=1), lambda: A.Downscale((0.1, 0.9), {"upscale": 1, "downscale": 3}, p=1)],
    "ChromaticAberration": [lambda: A.ChromaticAberration(p=1), lambda: A.ChromaticAberration(mode="random", interpolation=0, p=1)],
    "RandomFog": [lambda: A.RandomFog(p=1), lambda: A.RandomFog(0.2, (0.1, 0.4), p=1)],
    "RandomRain": [lambda: A.RandomRain(p=1), lambda: A.RandomRain((-30, 30), 25, 2, (90, 120, 200), 4, 1.0, "torrential", p=1)],
    "RandomSnow": [lambda: A.RandomSnow(p=1), lambda: A.RandomSnow(method="texture", p=1)],
    "RandomShadow": [lambda: A.RandomShadow(p=1), lambda: A.RandomShadow((0, 0, 1, 1), (2, 4), 3, (0.2, 0.7), p=1)],
    "RandomSunFlare": [
        lambda: A.RandomSunFlare(p=1),
        lambda: A.RandomSunFlare((0.2, 0.1, 0.8, 0.9), 45, (255, 200, 120), method="physics_based", p=1),
    ],
    "RandomGravel": [lambda: A.RandomGravel(p=1), lambda: A.RandomGravel((0, 0, 1, 1), 5, p=1)],
    "Spatter": [lambda: A.Spatter(p=1), lambda: A.Spatter(0.7, mode="mud", color=(90, 60, 0), p=1)],
    "PlasmaBrightnessContrast": [lambda: A.PlasmaBrightnessContrast(p=1), lambda: A.PlasmaBrightnessContrast(roughness=0.5, p=1)],
    "PlasmaShadow": [lambda: A.PlasmaShadow(p=1)],
    "Superpixels": [lambda: A.Superpixels(p=1), lambda: A.Superpixels((0.4, 0.6), (30, 60), max_size=None, p=1)],
}

OTHER: dict[str, list[Callable[[], A.Transform]]] = {
    "NoOp": [lambda: A.NoOp()],
    "ToCHW": [lambda: A.ToCHW()],
    "ToTensorV2": [lambda: A.ToTensorV2()],
    "FromFloat": [lambda: A.FromFloat(p=1)],
}

EVERY = SPATIAL | BENDS | ASKING | TONE | FILTERS | HOLES | SPECKS | TILES | GROWTH | OVERLAY | MOSAIC | OTHER


def rows(table: dict[str, list[Callable[[], A.Transform]]]) -> list[tuple[str, Callable[[], A.Transform]]]:
    """Returns: (test id, builder) for each row of a table."""
    return [(f"{name}-{k}", build) for name, builders in table.items() for k, build in enumerate(builders)]
