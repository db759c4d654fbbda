"""The orders in which reports show things: severities, errors, dtypes."""

from __future__ import annotations

import math

from conformance.model.verdict import Severity

_SEVERITIES = {severity: rank for rank, severity in enumerate(Severity)}
_DTYPES = ["bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64"]
_DTYPES += ["float16", "bfloat16", "float32", "float64", "complex32", "complex64", "complex128"]


def severity_rank(severity: Severity) -> int:
    """0 for the worst."""
    return _SEVERITIES[severity]


def error_order(ulps: float) -> tuple[bool, float]:
    """A key that sorts errors: NaN is no number to compare with, and counts as the worst there is.

    >>> sorted([2.0, float("nan"), float("inf"), 0.5], key=error_order)
    [0.5, 2.0, inf, nan]
    """
    return (math.isnan(ulps), 0.0 if math.isnan(ulps) else ulps)


def worse_error(one: float, other: float) -> bool:
    """Whether the first error is the larger; NaN is larger than every number."""
    return one > other or (one != one and other == other)


def dtype_order(name: str) -> tuple[int, str]:
    """A key that sorts dtypes by kind and width, unknown ones last.

    >>> sorted(["float32", "bool", "strange", "int8"], key=dtype_order)
    ['bool', 'int8', 'float32', 'strange']
    """
    return (_DTYPES.index(name) if name in _DTYPES else len(_DTYPES), name)
