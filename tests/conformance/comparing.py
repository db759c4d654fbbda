"""What tests of comparing share: a tensor as it should be, and what differs from it."""

from __future__ import annotations

from typing import Any

import numpy as np

from conformance.accuracy import Ulps
from conformance.compare import (
    Comparison,
    Standard,
)
from conformance.model.observation import EVERY_ASPECT, Aspect, Observation, Refused, Seen, Trace
from conformance.targets.interpreter import Traits
from reference.dtypes import FLOAT32, DType, wider

NAN = float("nan")
ONE = 1 + 2.0**-23
"""The next float32 after 1."""


def seen(values: Any = (1.0, 2.0), dtype: DType = FLOAT32, **changes: Any) -> Seen:
    """A contiguous tensor that was computed, and is exactly what it should be."""
    array = np.asarray(values, dtype.numpy)
    facts: dict[str, Any] = {
        "values": array,
        "dtype": dtype.name,
        "shape": array.shape,
        "strides": tuple(step // array.itemsize for step in array.strides),
        "offset": 0,
        "storage": "result",
        "identity": "result",
        "version": 0,
        "requires_grad": False,
        "is_leaf": True,
        "unrounded": array.astype(wider(dtype).numpy),
    }
    return Seen("tensor", **{**facts, **changes})


def trace(*variables: Seen, refused: Refused | None = None, step: int = 0) -> Trace:
    names = {f"result{number}" if number else "result": one for number, one in enumerate(variables)}
    return Trace("t", [Observation(step, refused, names)])


STANDARD = Standard(Ulps(1.0), "exp", ((2,),), gradient=Ulps(1.0))


def compared(
    expected: Trace,
    actual: Trace,
    aspects: frozenset[Aspect] = EVERY_ASPECT,
    standard: Standard = STANDARD,
    **options: Any,
) -> Comparison:
    return Comparison(aspects, Traits(), lambda: standard, **options).traces(expected, actual)


def differing(expected: Seen, actual: Seen, *args: Any, **options: Any) -> list[Aspect]:
    return [one.aspect for one in compared(trace(expected), trace(actual), *args, **options).differences]
