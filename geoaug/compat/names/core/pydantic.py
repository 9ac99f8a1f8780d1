"""Checks and types of which users' ``InitSchema`` classes are made; they need pydantic."""

from __future__ import annotations

from geoaug.compat.schema import (
    BorderModeType,
    InterpolationType,
    NonNegativeFloatRangeType,
    NonNegativeIntRangeType,
    OnePlusFloatRangeType,
    OnePlusIntNonDecreasingRangeType,
    OnePlusIntRangeType,
    ProbabilityType,
    SymmetricRangeType,
    ZeroOneRangeType,
    check_range_bounds,
    check_valid_border_modes,
    check_valid_interpolation,
    convert_to_0plus_range,
    convert_to_1plus_range,
    create_symmetric_range,
    float2int,
    nondecreasing,
    process_non_negative_range,
    repeat_if_scalar,
)

__all__ = [
    "BorderModeType",
    "InterpolationType",
    "NonNegativeFloatRangeType",
    "NonNegativeIntRangeType",
    "OnePlusFloatRangeType",
    "OnePlusIntNonDecreasingRangeType",
    "OnePlusIntRangeType",
    "ProbabilityType",
    "SymmetricRangeType",
    "ZeroOneRangeType",
    "check_range_bounds",
    "check_valid_border_modes",
    "check_valid_interpolation",
    "convert_to_0plus_range",
    "convert_to_1plus_range",
    "create_symmetric_range",
    "float2int",
    "nondecreasing",
    "process_non_negative_range",
    "repeat_if_scalar",
]
