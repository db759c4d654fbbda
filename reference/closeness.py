"""Whether tensors are equal, or nearly. https://docs.pytorch.org/docs/stable/torch.html#comparison-ops"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from reference import layout
from reference.checks import BOOL, COMPLEX, refuse_category
from reference.comparison import tensors_only
from reference.dtypes import BOOL as BOOL_DTYPE
from reference.dtypes import FLOAT16, Category, DType, default_dtype, extended, real_of, round_to
from reference.errors import refuse
from reference.function import Pointwise, comparison, function
from reference.promotion import Number, promote_types, result_type
from reference.tensor import Tensor


def _check_close(dtype: DType, arguments: Mapping[str, Any]) -> None:
    tensors_only("isclose")(dtype, arguments)
    input, other = arguments["input"], arguments["other"]
    if input.dtype is not other.dtype:
        refuse(f"{input.dtype!r} did not match {other.dtype!r}")
    for name in ("rtol", "atol"):
        if arguments[name] < 0:
            refuse(f"{name} must be greater than or equal to zero, but got {arguments[name]}")


def _is_near(input: np.ndarray, other: np.ndarray, rtol: float, atol: float, equal_nan: bool) -> np.ndarray:
    near = input == other
    if equal_nan:
        near |= np.isnan(input) & np.isnan(other)
    first, second = _wide(input), _wide(other)
    error = np.abs(first - second)
    return near | (np.isfinite(error) & (error <= atol + rtol * np.abs(second)))


def _wide(array: np.ndarray) -> np.ndarray:
    """Booleans and integers as the numbers that they are."""
    return array.astype(np.longdouble) if array.dtype.kind in "biu" else array


class _Close(Pointwise):
    """A comparison within a tolerance, which leaves open what the rounding of its own terms decides."""

    def compute(self, *args: Any, **kwargs: Any) -> Tensor:
        made = super().compute(*args, **kwargs)
        arguments = self.arguments(args, kwargs)
        if arguments["rtol"] or arguments["atol"]:
            decided = _is_decided(arguments["input"], arguments["other"], arguments["rtol"], arguments["atol"])
            made.specified = True if decided.all() else np.broadcast_to(decided, made.shape)
        return made


def _is_decided(input: Tensor, other: Tensor, rtol: float, atol: float) -> np.ndarray:
    """Where the difference is not so close to the tolerance that the roundings of either could tip it, or nothing is
    rounded: real numbers of few digits are, at the tolerance itself, within it.

    Integers are compared as numbers of the default dtype, all others in their own.
    """
    dtype = real_of(input.dtype) if input.dtype.is_differentiable else default_dtype()
    unit = _UNITS.get(dtype.name, 2.0**-53)
    first, second = (extended(tensor.array) for tensor in (input, other))
    with np.errstate(all="ignore"):
        size = np.abs(first) + np.abs(second)
        error, tolerance = np.abs(first - second), atol + rtol * np.abs(second)
        doubt = 4 * unit * (tolerance + error + (0 if input.dtype.is_differentiable else size))
        if dtype is FLOAT16:
            doubt = doubt + 2.0**-23
        decided = np.array((first == second) | ~np.isfinite(error) | (np.abs(error - tolerance) > doubt))
        close = np.flatnonzero(~decided)
        if close.size and not input.dtype.is_complex:
            steps = np.broadcast_arrays(first, second, error, rtol * np.abs(second), tolerance)
            found = np.all([round_to(some, dtype) == some for some in (step.flat[close] for step in steps)], axis=0)
            decided.flat[close] = found
        return decided


_UNITS = {"float16": 2.0**-11, "bfloat16": 2.0**-8, "float32": 2.0**-24}


def _isclose(
    input: np.ndarray, other: np.ndarray, *, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> np.ndarray:
    """Whether ``|input - other| <= atol + rtol |other|``; what is not finite is close to its equal alone.

    https://docs.pytorch.org/docs/stable/generated/torch.isclose.html
    """
    return _is_near(input, other, rtol, atol, equal_nan)


_isclose.__name__ = "isclose"
isclose = _Close(_isclose, promotion=comparison, check=_check_close)


@function()
def allclose(input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    """Whether all elements are close. https://docs.pytorch.org/docs/stable/generated/torch.allclose.html"""
    return bool(isclose(input, other, rtol=rtol, atol=atol, equal_nan=equal_nan).array.all())


@function()
def equal(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same size and elements, of whatever dtypes; nan equals nothing.

    https://docs.pytorch.org/docs/stable/generated/torch.equal.html
    """
    if input.shape != other.shape:
        return False
    common = result_type([input, other])
    return bool(np.array_equal(round_to(input.array, common), round_to(other.array, common)))


@function()
def isin(
    elements: Tensor | Number, test_elements: Tensor | Number, *, assume_unique: bool = False, invert: bool = False
) -> Tensor:
    """Whether each element is among ``test_elements``, as bool; ``invert`` whether it is not.

    bool and complex are refused. https://docs.pytorch.org/docs/stable/generated/torch.isin.html
    """
    operands: Sequence[Tensor | Number] = (elements, test_elements)
    if not any(isinstance(operand, Tensor) for operand in operands):
        refuse("isin() takes at least one Tensor", "TypeError")
    for operand in operands:
        if isinstance(operand, Tensor):
            refuse_category("isin", operand.dtype, BOOL, COMPLEX, kind="RuntimeError")
    # As elements they are compared, a tensor without dimensions too.
    dtypes = [operand.dtype for operand in operands if isinstance(operand, Tensor)]
    common = promote_types(*dtypes) if len(dtypes) == 2 else result_type(operands)
    first, second = (_elements(operand, common) for operand in operands)
    found = np.isin(first, second, invert=invert)
    strides = layout.contiguous_strides(elements.shape) if isinstance(elements, Tensor) else ()
    return Tensor.of(np.asarray(found), BOOL_DTYPE, strides)


def _elements(operand: Tensor | Number, common: DType) -> np.ndarray:
    """The elements in the common dtype, widened to what can be sorted; a number that it cannot hold is in none."""
    if isinstance(operand, Tensor):
        array = round_to(operand.array, common)
    elif common.category is Category.INTEGRAL and int(operand.real) not in _range(common):
        return np.empty(0, common.numpy)
    else:
        array = round_to(np.asarray(operand), common)
    return array if array.dtype.kind in "iuf" else array.astype(np.float64)


def _range(dtype: DType) -> range:
    limits = np.iinfo(dtype.numpy)
    return range(int(limits.min), int(limits.max) + 1)
