"""Pipelines as plain data and files."""

from __future__ import annotations

from geoaug.compat.words import check_data_format, get_shortest_class_fullname, register_additional_transforms, shorten_class_name
from geoaug.foreign import BasicTransform
from geoaug.serial import from_dict, load, save, to_dict
from geoaug.transform import REGISTRY as SERIALIZABLE_REGISTRY
from geoaug.transform import Node as Serializable

SerializableMeta = type(BasicTransform)
NON_SERIALIZABLE_REGISTRY: dict[str, type] = {}

__all__ = [
    "NON_SERIALIZABLE_REGISTRY",
    "SERIALIZABLE_REGISTRY",
    "Serializable",
    "SerializableMeta",
    "check_data_format",
    "from_dict",
    "get_shortest_class_fullname",
    "load",
    "register_additional_transforms",
    "save",
    "shorten_class_name",
    "to_dict",
]
