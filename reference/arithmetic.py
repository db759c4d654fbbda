"""Pointwise arithmetic. https://docs.pytorch.org/docs/stable/torch.html#pointwise-ops"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any

import numpy as np

from reference.checks import BOOL, COMPLEX, INTEGRAL, refuse_category
from reference.dtypes import BOOL as BOOL_DTYPE
from reference.dtypes import FLOAT64, DType, round_to
from reference.errors import refuse, unmodelled
from reference.function import LikeInput, Pointwise, arithmetic, function, pointwise, to_float
from reference.layout import Shape, Strides
from reference.promotion import Number, result_type
from reference.scalars import element
from reference.tensor import METHODS, Tensor
from reference.uncast import OfIntegers
from reference.writing import in_place, with_out


def conjugate(value: Any) -> Any:
    """The conjugate of a number or tensor; a real one is returned as it is."""
    if isinstance(value, Tensor):
        return conj_physical(value) if value.dtype.is_complex else value
    return value.conjugate() if isinstance(value, complex) else value


def _conjugated(input: np.ndarray) -> np.ndarray:
    """The complex conjugate of a complex tensor."""
    return np.conj(input)


_conjugated.__name__ = "conjugated"
conjugated = LikeInput(_conjugated, "ConjPhysicalBackward0")
conjugated.vjp("input", lambda g: conjugate(g))


@function()
def conj_physical(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The complex conjugate; a real tensor itself.

    https://docs.pytorch.org/docs/stable/generated/torch.conj_physical.html
    """
    if out is not None:
        return with_out(conjugated_over(input), out, input)
    conjugate_of: Tensor = conjugated(input) if input.dtype.is_complex else input
    return conjugate_of


@pointwise("ConjPhysicalBackward1")
def conjugated_over(input: np.ndarray) -> np.ndarray:
    """The complex conjugate, as it is written to another tensor."""
    return np.conj(input)


conjugated_over.vjp("input", lambda g: conjugate(g))


_left = copy(conjugated_over)
_left.looks_for_overlap = False  # a real tensor is not written to


@function()
def conj_physical_(input: Tensor) -> Tensor:
    """Write the conjugates of its elements to a tensor. https://docs.pytorch.org/docs/stable/generated/torch.conj_physical.html"""
    return in_place(conjugated_over if input.dtype.is_complex else _left, input)


# -- sums ----------------------------------------------------------------------------------------------------------


def _check_alpha(dtype: DType, arguments: Mapping[str, Any]) -> None:
    alpha = arguments["alpha"]
    if isinstance(alpha, bool) and dtype is not BOOL_DTYPE:
        refuse("Boolean alpha only supported for Boolean results.")
    if not dtype.is_differentiable and isinstance(alpha, (float, complex)):
        refuse("For integral input tensors, argument alpha must not be a floating point number.")
    if not dtype.is_complex and isinstance(alpha, complex):
        refuse("For non-complex input tensors, argument alpha must not be a complex number.")
    element(alpha, dtype)


def _check_value(dtype: DType, arguments: Mapping[str, Any]) -> None:
    if isinstance(arguments["value"], complex) and not dtype.is_complex:
        refuse(f"value cannot be converted to type {dtype!r} without overflow")


def _check_addcmul(dtype: DType, arguments: Mapping[str, Any]) -> None:
    refuse_category("addcmul", dtype, BOOL)
    _check_value(dtype, arguments)


def _check_addcdiv(dtype: DType, arguments: Mapping[str, Any]) -> None:
    quotient = result_type([arguments["tensor1"], arguments["tensor2"]])
    refuse_category("integer division with addcdiv", quotient, BOOL, INTEGRAL, kind="RuntimeError")
    _check_value(dtype, arguments)


def _check_subtraction(dtype: DType, arguments: Mapping[str, Any]) -> None:
    for operand in (arguments["input"], arguments["other"]):
        if isinstance(operand, bool) or (isinstance(operand, Tensor) and operand.dtype is BOOL_DTYPE):
            refuse("Subtraction, the `-` operator, with a bool tensor is not supported.")
    _check_alpha(dtype, arguments)


def _scaled(operand: np.ndarray, factor: Number) -> np.ndarray:
    """``factor * operand`` in the operand's dtype. A product with one is left out: inf * (1 + 0j) has a nan."""
    return operand if factor == 1 else np.asarray(factor).astype(operand.dtype) * operand


@pointwise("AddBackward0", check=_check_alpha)
def add(input: np.ndarray, other: np.ndarray, *, alpha: Number = 1) -> np.ndarray:
    """``input + alpha * other``. https://docs.pytorch.org/docs/stable/generated/torch.add.html"""
    return input + _scaled(other, alpha)


add.vjp("input", lambda g: g)
add.vjp("other", lambda g, alpha: g if alpha == 1 else g * conjugate(alpha))


@pointwise("SubBackward0", check=_check_subtraction)
def sub(input: np.ndarray, other: np.ndarray, *, alpha: Number = 1) -> np.ndarray:
    """``input - alpha * other``; bool is refused. https://docs.pytorch.org/docs/stable/generated/torch.sub.html"""
    return input - _scaled(other, alpha)


sub.vjp("input", lambda g: g)
sub.vjp("other", lambda g, alpha: -g if alpha == 1 else -(g * conjugate(alpha)))


def _rsub_node(arguments: Mapping[str, Any]) -> str:
    return "RsubBackward0" if isinstance(arguments["other"], Tensor) else "RsubBackward1"


class _Reversed(Pointwise):
    """A function that torch calls with its operands the other way round, which shows in the result's strides."""

    def strides(self, shape: Shape, operands: Sequence[Tensor | Number], dtype: DType) -> Strides:
        return super().strides(shape, operands[::-1], dtype)


def _rsub(input: np.ndarray, other: np.ndarray, *, alpha: Number = 1) -> np.ndarray:
    """``other - alpha * input``, which a number minus a tensor calls."""
    return other - _scaled(input, alpha)


_rsub.__name__ = "rsub"
rsub = _Reversed(_rsub, _rsub_node, check=_check_subtraction)
rsub.vjp("input", lambda g, alpha: -g if alpha == 1 else -(g * conjugate(alpha)))
rsub.vjp("other", lambda g: g)


def number_minus(input: Number, other: Tensor) -> Tensor:
    """``input - other`` of a number and a tensor, as the operator spells it."""
    difference: Tensor = rsub(other, input)
    return difference


# -- products ------------------------------------------------------------------------------------------------------


@pointwise("MulBackward0")
def mul(input: np.ndarray, other: np.ndarray) -> np.ndarray:
    """``input * other``. https://docs.pytorch.org/docs/stable/generated/torch.mul.html"""
    return input * other


mul.keeps_numbers = True
mul.vjp("input", lambda g, other: g * conjugate(other))
mul.vjp("other", lambda g, input: g * conjugate(input))


@pointwise("AddcmulBackward0", check=_check_addcmul)
def addcmul(input: np.ndarray, tensor1: np.ndarray, tensor2: np.ndarray, *, value: Number = 1) -> np.ndarray:
    """``input + value * tensor1 * tensor2``. https://docs.pytorch.org/docs/stable/generated/torch.addcmul.html"""
    return input + _scaled(tensor1 * tensor2, value)


addcmul.vjp("input", lambda g: g)


def _times(value: Number, factor: Tensor, g: Tensor) -> Tensor:
    """A factor, so many times; integers in the dtype of the gradient, since their own may have no room for it."""
    taken: Tensor = (factor if factor.dtype.is_differentiable else METHODS["to"](factor, g.dtype)) * value
    return taken


addcmul.vjp("tensor1", lambda g, tensor2, value: g * conjugate(_times(value, tensor2, g)))
addcmul.vjp("tensor2", lambda g, tensor1, value: g * conjugate(_times(value, tensor1, g)))


# -- quotients -----------------------------------------------------------------------------------------------------


class _Division(OfIntegers):
    """Division, whose rounding mode decides whether integers stay integers."""

    def promote(self, operands: Sequence[Tensor | Number], arguments: Mapping[str, Any]) -> tuple[DType, DType]:
        rounding_mode = arguments["rounding_mode"]
        if rounding_mode not in (None, "trunc", "floor"):
            refuse(f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{rounding_mode}'")
        return to_float(operands) if rounding_mode is None else arithmetic(operands)


def _division_node(arguments: Mapping[str, Any]) -> str:
    return "DivBackward0" if arguments["rounding_mode"] is None else "DivBackward2"


def _check_division(dtype: DType, arguments: Mapping[str, Any]) -> None:
    if arguments["rounding_mode"] is None:
        return
    refuse_category("div with a rounding mode", dtype, BOOL, COMPLEX)
    refuse_zero_divisor(dtype, arguments)


def refuse_zero_divisor(dtype: DType, arguments: Mapping[str, Any]) -> None:
    """Refuse to divide integers by zero. A multiple of 2**16 is zero, too, once it is cast to int16: what becomes of
    that is left open."""
    input, other = arguments["input"], arguments["other"]
    if dtype.category is not INTEGRAL or (isinstance(input, Tensor) and not input.numel):
        return
    divisors = other.array if isinstance(other, Tensor) else np.asarray(other)
    if np.any(divisors == 0):
        refuse("ZeroDivisionError")
    if np.any(round_to(divisors, dtype) == 0):
        unmodelled(f"a divisor that is zero as a {dtype!r}")


def _div(input: np.ndarray, other: np.ndarray, *, rounding_mode: str | None = None) -> np.ndarray:
    """``input / other``, true or rounded towards zero ("trunc") or down ("floor").

    Integers divide to the default dtype, with a rounding mode to integers; then zero divisors, bool and complex are
    refused. https://docs.pytorch.org/docs/stable/generated/torch.div.html
    """
    if rounding_mode is None:
        return input / other
    if input.dtype.kind in "iu":
        return divided_integers(input, other, rounding_mode)
    if rounding_mode == "trunc":
        narrow = np.float32 if input.dtype == np.float64 else np.float64
        # What is rounded towards zero is the quotient that the computing dtype can hold.
        return np.trunc(input.astype(narrow) / other.astype(narrow))
    return floored_quotient(input, other)


def divided_integers(input: np.ndarray, other: np.ndarray, rounding_mode: str) -> np.ndarray:
    """The quotient of integers, rounded down ("floor") or towards zero."""
    down = np.floor_divide(input, other)
    if rounding_mode == "floor":
        return down
    inexact = np.multiply(down, other) != input
    return down + ((down < 0) & inexact).astype(down.dtype)


def floored_quotient(input: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Python's floor division; a zero divisor gives the true quotient, inf or nan."""
    quotient = input / other
    remainder = np.fmod(input, other)
    down = np.round((input - remainder) / other) - ((remainder != 0) & ((remainder < 0) != (other < 0)))
    return np.where(other == 0, quotient, np.where(down == 0, np.copysign(0, quotient), down))


def quotient_fits(input: np.ndarray, other: np.ndarray, *, rounding_mode: str | None = "floor") -> np.ndarray:
    """Where a quotient is in the range of its dtype: of integers, all but the lowest over -1."""
    if rounding_mode is None or input.dtype.kind != "i":
        return np.asarray(True)
    return np.asarray((input != np.iinfo(input.dtype).min) | (other != -1))


_div.__name__ = "div"
div = _Division(_div, _division_node, to_float, _check_division)
div.promised = quotient_fits
div.keeps_numbers = True
div.vjp("input", lambda g, other, rounding_mode: g / conjugate(other) if rounding_mode is None else g * 0)
div.vjp(
    "other",
    lambda g, input, other, rounding_mode: (
        -(g * conjugate((input / other) / other)) if rounding_mode is None else METHODS["zeros_like"](other)
    ),
)


@pointwise("AddcdivBackward0", check=_check_addcdiv)
def addcdiv(input: np.ndarray, tensor1: np.ndarray, tensor2: np.ndarray, *, value: Number = 1) -> np.ndarray:
    """``input + value * tensor1 / tensor2``. https://docs.pytorch.org/docs/stable/generated/torch.addcdiv.html"""
    return input + _scaled(tensor1 / tensor2, value)


addcdiv.vjp("input", lambda g: g)
addcdiv.vjp("tensor1", lambda g, tensor2, value: g * conjugate(value / tensor2))
addcdiv.vjp(
    "tensor2",
    lambda g, tensor1, tensor2, value: -(g * conjugate(_times(value, tensor1, g) / (tensor2 * tensor2))),
)


@pointwise("ReciprocalBackward0", promotion=to_float)
def reciprocal(input: np.ndarray) -> np.ndarray:
    """``1 / input``. https://docs.pytorch.org/docs/stable/generated/torch.reciprocal.html"""
    return 1 / input


reciprocal.vjp("input", lambda g, result: -(g * conjugate(result * result)))


@function()
def reciprocal_times(input: Tensor, other: Number) -> Tensor:
    """``other / input`` for a number: by the reciprocal, and so with two roundings, as torch spells it."""
    inverse = reciprocal(input)
    if inverse.dtype is FLOAT64:  # near to a tie, long double rounds otherwise, which is multiplied too
        with np.errstate(all="ignore"):
            inverse.array[...] = 1 / input.array.astype(np.float64)
    return mul(inverse, other)


def number_over(input: Number, other: Tensor) -> Tensor:
    """``input / other`` of a number and a tensor, as the operator spells it."""
    quotient: Tensor = reciprocal_times(other, input)
    return quotient
