"""Comparisons and logic. https://docs.pytorch.org/docs/stable/torch.html#comparison-ops"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from reference.checks import COMPLEX, forbids
from reference.dtypes import Category, DType
from reference.errors import refuse_type
from reference.function import LikeInput, Pointwise, comparison, function, pointwise
from reference.layout import Shape, Strides, pointwise_strides, preserved_strides
from reference.promotion import Number
from reference.tensor import METHODS, Tensor
from reference.uncast import of_integers

_PAGES = "https://docs.pytorch.org/docs/stable/generated/torch."


def _declare(
    name: str, meaning: str, kernel: Callable[..., np.ndarray], declare: Any = pointwise, **settings: Any
) -> Any:
    """Declare a pointwise function whose kernel is one NumPy function."""
    kernel.__name__ = name
    kernel.__doc__ = f"{meaning} {_PAGES}{name}.html"
    return declare(**settings)(kernel)


def _compare(name: str, meaning: str, ufunc: np.ufunc, **settings: Any) -> Pointwise:
    def kernel(input: np.ndarray, other: np.ndarray) -> np.ndarray:
        return np.asarray(ufunc(input, other))

    def node(arguments: Mapping[str, Any]) -> str:
        return f"{name.capitalize()}Backward{int(isinstance(arguments['other'], Tensor))}"

    settings |= {"promotion": comparison, "node": node}
    declared = _declare(name, f"Whether ``input {meaning} other``, as bool.", kernel, declare=of_integers, **settings)
    # A bool has no gradient, but in place the answer may lie in a tensor that has one: it is constant.
    declared.vjp("input", lambda g: METHODS["zeros_like"](g))
    declared.vjp("other", lambda g: METHODS["zeros_like"](g))
    return declared


eq = _compare("eq", "==", np.equal)
ne = _compare("ne", "!=", np.not_equal)
lt = _compare("lt", "<", np.less, check=forbids("lt", COMPLEX))
le = _compare("le", "<=", np.less_equal, check=forbids("le", COMPLEX))
gt = _compare("gt", ">", np.greater, check=forbids("gt", COMPLEX))
ge = _compare("ge", ">=", np.greater_equal, check=forbids("ge", COMPLEX))


# -- logic -----------------------------------------------------------------------------------------------------------


def tensors_only(name: str) -> Callable[[DType, Mapping[str, Any]], None]:
    """The check of a function that takes no Python number in place of ``other``."""

    def check(dtype: DType, arguments: Mapping[str, Any]) -> None:
        if not isinstance(arguments["other"], Tensor):
            refuse_type(f"{name}(): argument 'other' must be Tensor")

    return check


def _logic(name: str, ufunc: np.ufunc) -> Pointwise:
    def kernel(input: np.ndarray, other: np.ndarray) -> np.ndarray:
        return np.asarray(ufunc(input != 0, other != 0))

    meaning = f"``input {name.removeprefix('logical_')} other`` of what is not zero, as bool."
    return _declare(name, meaning, kernel, promotion=comparison, check=tensors_only(name))


logical_and = _logic("logical_and", np.logical_and)
logical_or = _logic("logical_or", np.logical_or)
logical_xor = _logic("logical_xor", np.logical_xor)


@pointwise(promotion=comparison)
def logical_not(input: np.ndarray) -> np.ndarray:
    """Whether an element is zero. https://docs.pytorch.org/docs/stable/generated/torch.logical_not.html"""
    return input == 0


def _bitwise(name: str, ufunc: np.ufunc) -> Pointwise:
    def kernel(input: np.ndarray, other: np.ndarray) -> np.ndarray:
        return np.asarray(ufunc(input, other))

    check = forbids(name, Category.FLOATING, COMPLEX)
    return _declare(name, f"The {name.replace('_', ' ')} of bool or integral tensors.", kernel, check=check)


bitwise_and = _bitwise("bitwise_and", np.bitwise_and)
bitwise_or = _bitwise("bitwise_or", np.bitwise_or)
bitwise_xor = _bitwise("bitwise_xor", np.bitwise_xor)


@pointwise(check=forbids("bitwise_not", Category.FLOATING, COMPLEX))
def bitwise_not(input: np.ndarray) -> np.ndarray:
    """Every bit inverted. https://docs.pytorch.org/docs/stable/generated/torch.bitwise_not.html"""
    return np.invert(input)


@function()
def invert(input: Tensor) -> Tensor:
    """``~input``, as the operator spells ``bitwise_not``: what is no integer or bool is a TypeError there."""
    if input.dtype.category not in (Category.BOOL, Category.INTEGRAL):
        refuse_type("~ is only implemented on integer and Boolean-type tensors")
    inverted: Tensor = bitwise_not(input)
    return inverted


# -- kinds of floating point numbers -----------------------------------------------------------------------------------


@pointwise(promotion=comparison)
def isnan(input: np.ndarray) -> np.ndarray:
    """Whether an element, or a part of it, is nan. https://docs.pytorch.org/docs/stable/generated/torch.isnan.html"""
    return np.isnan(input)


_KNOWN = (Category.BOOL, Category.INTEGRAL)
"""Of these the answer is known, and written to an ``empty_like``."""


class _ByMagnitude(LikeInput):
    """A question put to the magnitude of a tensor, or to that of both parts of a complex one."""

    def strides(self, shape: Shape, operands: Sequence[Tensor | Number], dtype: DType) -> Strides:
        (operand,) = operands
        if isinstance(operand, Tensor) and dtype.is_differentiable:
            factor = 2 if dtype.is_complex else 1
            return _compared(shape, tuple(factor * stride for stride in operand.strides))
        return super().strides(shape, operands, dtype)


class _ByItself(LikeInput):
    """A question put to a tensor and to its magnitude."""

    def strides(self, shape: Shape, operands: Sequence[Tensor | Number], dtype: DType) -> Strides:
        (operand,) = operands
        if isinstance(operand, Tensor) and dtype.is_differentiable:
            magnitude = preserved_strides(shape, operand.strides) if dtype.is_complex else operand.strides
            itself = pointwise_strides(shape, [(shape, operand.strides)] * 2)
            return pointwise_strides(shape, [(shape, itself), (shape, _compared(shape, magnitude))])
        return super().strides(shape, operands, dtype)


def _compared(shape: Shape, strides: Strides) -> Strides:
    """The strides of what compares a function of a tensor with a number."""
    return pointwise_strides(shape, [(shape, pointwise_strides(shape, [(shape, strides)])), ((), ())])


def _isinf(input: np.ndarray) -> np.ndarray:
    """Whether an element, or a part of it, is infinite. https://docs.pytorch.org/docs/stable/generated/torch.isinf.html"""
    return np.isinf(input)


def _isfinite(input: np.ndarray) -> np.ndarray:
    """Whether an element is neither. https://docs.pytorch.org/docs/stable/generated/torch.isfinite.html"""
    return np.isfinite(input)


_isinf.__name__, _isfinite.__name__ = "isinf", "isfinite"
isinf = _ByMagnitude(_isinf, promotion=comparison, categories=_KNOWN)
isfinite = _ByItself(_isfinite, promotion=comparison, categories=_KNOWN)
