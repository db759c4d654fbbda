"""What can be swept, the values of a dtype in turn, and the ways in which they may lie in memory."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import TypeAlias

from conformance.model.case import Drawn, Input
from conformance.operation import Effect, Operation
from conformance.value_modes import EVERY
from reference.dtypes import BOOL, DType

Geometry: TypeAlias = tuple[tuple[int, ...], tuple[int, ...], int]
"""Shape, strides and offset."""

_STEP = 3
_ROW, _GAP = 7, 2


def unary(operation: Operation) -> bool:
    """Whether an operation is a function of the elements of one tensor, with nothing else that must be given."""
    first, *others = operation.parameters or (None,)
    return (
        operation.pointwise
        and operation.effect is Effect.NEW
        and operation.results == 1
        and bool(operation.functional)
        and not operation.random
        and getattr(first, "required", False)
        and not any(getattr(other, "required", True) for other in others)
    )


def patterns(dtype: DType) -> int:
    """How many values a dtype has: as many as its bits have patterns.

    >>> from reference.dtypes import BFLOAT16
    >>> patterns(BFLOAT16), patterns(BOOL)
    (65536, 2)
    """
    return 2 if dtype is BOOL else 2 ** (8 * dtype.itemsize)


def contiguous(count: int) -> Geometry:
    """One after the other: whole vectors, but for the end."""
    return (count,), (1,), 0


def strided(count: int) -> Geometry:
    """In every third place, where no vector can be loaded."""
    return (count,), (_STEP,), 0


def rows(count: int) -> Geometry:
    """In rows of seven at odd addresses, which leave a vector instruction nothing but ends."""
    return (ceil(count / _ROW), _ROW), (_ROW + _GAP, 1), 1


PATHS: dict[str, Callable[[int], Geometry]] = {"contiguous": contiguous, "strided": strided, "rows": rows}
"""The paths through memory: implementations have a loop of its own for each."""

IN_PLACE = "in-place"

EXHAUSTIVE = "exhaustive"
"""The property under which what a sweep finds is known."""

AS_ONE = "modes"
"""That under which it is known of targets that prepare many cases as one."""


def geometry_of(path: str, count: int) -> Geometry:
    """The geometry of a path; what is written in place lies contiguously."""
    return PATHS.get(path, contiguous)(count)


def laid_out(name: str, dtype: DType, geometry: Geometry, start: int = 0) -> Input:
    """An input of that geometry, whose storage holds consecutive values of ``dtype`` from number ``start`` on."""
    shape, strides, offset = geometry
    size = offset + 1 + sum((length - 1) * stride for length, stride in zip(shape, strides, strict=True))
    return Input(name, shape, dtype.name, strides, offset, size, Drawn(EVERY, start))


def every_value(name: str, dtype: DType, path: str) -> Input:
    """An input that has every value of ``dtype`` among its elements.

    What falls into a gap the first time is met the second, since no gap is as wide as it is far to the next: the
    number of values is a power of two, a step of three or nine places is not.
    """
    rounds = 1 if path != "rows" else 2
    return laid_out(name, dtype, PATHS[path](rounds * patterns(dtype)))
