"""Checks and types of which users' ``InitSchema`` classes are made; they need pydantic."""

from __future__ import annotations

from geoaug.compat.schema import (
    NonNegativeFloatRangeType,
    NonNegativeIntRangeType,
    OnePlusFloatRangeType,
    OnePlusIntNonDecreasingRangeType,
    OnePlusIntRangeType,
    ProbabilityType,
    SymmetricRangeType,
    ZeroOneRangeType,
    check_range_bounds,
    convert_to_0plus_range,
    convert_to_1plus_range,
    create_symmetric_range,
    float2int,
    nondecreasing,
    process_non_negative_range,
    repeat_if_scalar,
)

__all__ = [
    "NonNegativeFloatRangeType",
    "NonNegativeIntRangeType",
    "OnePlusFloatRangeType",
    "OnePlusIntNonDecreasingRangeType",
    "OnePlusIntRangeType",
    "ProbabilityType",
    "SymmetricRangeType",
    "ZeroOneRangeType",
    "check_range_bounds",
    "convert_to_0plus_range",
    "convert_to_1plus_range",
    "create_symmetric_range",
    "float2int",
    "nondecreasing",
    "process_non_negative_range",
    "repeat_if_scalar",
]
