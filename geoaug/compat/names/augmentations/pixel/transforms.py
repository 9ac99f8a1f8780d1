"""What changes values."""

from __future__ import annotations

from geoaug.compat.words import to_tuple
from geoaug.foreign import ImageOnlyTransform
from geoaug.transforms.channels import ChannelShuffle, RGBShift, ToRGB
from geoaug.transforms.colour import FancyPCA, ToSepia
from geoaug.transforms.compression import ChromaticAberration, Downscale, ImageCompression
from geoaug.transforms.contrast import CLAHE, AutoContrast, Equalize
from geoaug.transforms.levels import InvertImg, Posterize, RandomToneCurve, Solarize
from geoaug.transforms.light import Illumination, PlanckianJitter
from geoaug.transforms.noise import AdditiveNoise, GaussNoise, ISONoise, MultiplicativeNoise, SaltAndPepper, ShotNoise
from geoaug.transforms.plasma import PlasmaBrightnessContrast, PlasmaShadow
from geoaug.transforms.sharpen import Emboss, RingingOvershoot, Sharpen, UnsharpMask
from geoaug.transforms.superpixels import Superpixels
from geoaug.transforms.tone import ColorJitter, HueSaturationValue, Normalize, RandomBrightnessContrast, RandomGamma, ToGray
from geoaug.transforms.weather import RandomFog, RandomGravel, RandomRain, RandomShadow, RandomSnow, RandomSunFlare, Spatter

__all__ = [
    "CLAHE",
    "AdditiveNoise",
    "AutoContrast",
    "ChannelShuffle",
    "ChromaticAberration",
    "ColorJitter",
    "Downscale",
    "Emboss",
    "Equalize",
    "FancyPCA",
    "GaussNoise",
    "HueSaturationValue",
    "ISONoise",
    "Illumination",
    "ImageCompression",
    "ImageOnlyTransform",
    "InvertImg",
    "MultiplicativeNoise",
    "Normalize",
    "PlanckianJitter",
    "PlasmaBrightnessContrast",
    "PlasmaShadow",
    "Posterize",
    "RGBShift",
    "RandomBrightnessContrast",
    "RandomFog",
    "RandomGamma",
    "RandomGravel",
    "RandomRain",
    "RandomShadow",
    "RandomSnow",
    "RandomSunFlare",
    "RandomToneCurve",
    "RingingOvershoot",
    "SaltAndPepper",
    "Sharpen",
    "ShotNoise",
    "Solarize",
    "Spatter",
    "Superpixels",
    "ToGray",
    "ToRGB",
    "ToSepia",
    "UnsharpMask",
    "to_tuple",
]
