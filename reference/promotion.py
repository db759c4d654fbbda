"""Type promotion: the dtype of a result from its operands.

Source: https://docs.pytorch.org/docs/stable/tensor_attributes.html#type-promotion-doc
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from reference.dtypes import (
    BFLOAT16,
    BOOL,
    COMPLEX64,
    COMPLEX128,
    COMPLEX_EXTENDED,
    EXTENDED,
    FLOAT8,
    FLOAT8_E8M0FNU,
    FLOAT16,
    FLOAT32,
    FLOAT64,
    INT8,
    INT16,
    INT32,
    INT64,
    UINT8,
    UNSIGNED,
    Category,
    DType,
    complex_of,
    default_dtype,
)
from reference.errors import refuse

Number = bool | int | float | complex


class Typed(Protocol):
    """What promotion needs to know of a tensor."""

    @property
    def dtype(self) -> DType: ...
    @property
    def ndim(self) -> int: ...


_INTEGRAL_ORDER = (BOOL, INT8, INT16, INT32, INT64)
_FLOATING_ORDER = (FLOAT16, BFLOAT16, FLOAT32, FLOAT64, EXTENDED)
_COMPLEX_ORDER = (COMPLEX64, COMPLEX128, COMPLEX_EXTENDED)
_NEVER_PROMOTED = (*FLOAT8, FLOAT8_E8M0FNU)


def promote_types(first: DType, second: DType) -> DType:
    """The smallest dtype of at least both categories and ranges (``torch.promote_types``).

    >>> promote_types(UINT8, INT8), promote_types(FLOAT16, BFLOAT16), promote_types(INT64, FLOAT16)
    (torch.int16, torch.float32, torch.float16)
    """
    if first is second:
        return first
    _refuse_unless_promoted(first, second)
    low, high = sorted((first, second), key=lambda dtype: dtype.category)
    if high.category is Category.COMPLEX:
        return _promote_complex(low, high)
    if high.category is Category.FLOATING:
        return _promote_floating(low, high)
    return _promote_integral(low, high)


def _refuse_unless_promoted(first: DType, second: DType) -> None:
    """A float8 is promoted to nothing, an unsigned integer of more than 8 bits to floating point alone."""
    for dtype, other in ((first, second), (second, first)):
        if dtype in _NEVER_PROMOTED:
            refuse(f"Promotion for Float8 Types is not supported, attempted to promote {first!r} and {second!r}")
        if dtype in UNSIGNED and other.category is not Category.FLOATING:
            refuse(f"Promotion for uint16, uint32, uint64 types is not supported, attempted {first!r} and {second!r}")


def _promote_complex(low: DType, high: DType) -> DType:
    if low.category < Category.FLOATING:
        return high
    return max(complex_of(low), high, key=_COMPLEX_ORDER.index)


def _promote_floating(low: DType, high: DType) -> DType:
    if low.category < Category.FLOATING:
        return high
    if {low, high} == {FLOAT16, BFLOAT16}:
        return FLOAT32
    return max(low, high, key=_FLOATING_ORDER.index)


def _promote_integral(low: DType, high: DType) -> DType:
    if UINT8 in (low, high):
        other = high if low is UINT8 else low
        return UINT8 if other is BOOL else INT16 if other is INT8 else other
    return max(low, high, key=_INTEGRAL_ORDER.index)


def dtype_of_number(value: Number) -> DType:
    """The dtype that a Python number has by itself: bool, int64, the default dtype, or its complex counterpart."""
    if isinstance(value, bool):
        return BOOL
    if isinstance(value, int):
        return INT64
    if isinstance(value, float):
        return default_dtype()
    return complex_of(default_dtype())


def result_type(operands: Iterable[Typed | Number]) -> DType:
    """The dtype of an arithmetic operation on tensors and Python numbers (``torch.result_type``).

    Tensors with dimensions decide; a 0-d tensor raises the result only to a higher category, a Python number
    likewise and with the default dtype of its category.
    """
    dimensioned: DType | None = None
    zero_dim: DType | None = None
    number: DType | None = None
    for operand in operands:
        if isinstance(operand, (bool, int, float, complex)):
            dtype = dtype_of_number(operand)
            number = dtype if number is None else promote_types(number, dtype)
        elif operand.ndim:
            dimensioned = operand.dtype if dimensioned is None else promote_types(dimensioned, operand.dtype)
        else:
            zero_dim = operand.dtype if zero_dim is None else promote_types(zero_dim, operand.dtype)
    result = _combine(dimensioned, zero_dim)
    result = _combine(result, number)
    assert result is not None, "result_type needs an operand"
    return result


def _combine(higher: DType | None, lower: DType | None) -> DType | None:
    """``higher`` decides unless ``lower`` is of a higher category."""
    if higher is None or lower is None:
        return higher or lower
    if higher in UNSIGNED and lower.category is Category.COMPLEX:
        return lower
    if lower.category > higher.category:
        return promote_types(higher, lower)
    return higher


def can_cast(source: DType, target: DType) -> bool:
    """Whether a result may be written to ``target``: never to a lower category (``torch.can_cast``)."""
    return source.category <= target.category
