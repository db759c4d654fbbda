"""Powers and roots. https://docs.pytorch.org/docs/stable/generated/torch.pow.html"""

from __future__ import annotations

import cmath
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from reference.arithmetic import conjugate
from reference.checks import BOOL, INTEGRAL, refuse_category
from reference.dtypes import COMPLEX128, COMPLEX_EXTENDED, EXTENDED, FLOAT64, DType
from reference.errors import refuse, refuse_type
from reference.function import arithmetic, function, pointwise, to_float
from reference.layout import Shape, Strides, contiguous_strides
from reference.promotion import Number
from reference.signalling import PassesOverNan
from reference.tensor import METHODS, Tensor
from reference.writing import in_place


def _power_node(arguments: Mapping[str, Any]) -> str:
    if not isinstance(arguments["input"], Tensor):
        return "PowBackward2"
    return "PowBackward1" if isinstance(arguments["exponent"], Tensor) else "PowBackward0"


def _check_power(dtype: DType, arguments: Mapping[str, Any]) -> None:
    exponent = arguments["exponent"]
    if not isinstance(arguments["input"], Tensor) and not isinstance(exponent, Tensor):
        refuse_type("pow() needs a Tensor")
    refuse_category("pow", dtype, BOOL)
    if dtype.category is INTEGRAL and isinstance(exponent, int) and exponent < 0:
        refuse("Integers to negative integer powers are not allowed.")


class _Power(PassesOverNan):
    """A power: a number for an exponent is a setting, and a number's powers are written to a contiguous tensor."""

    def strides(self, shape: Shape, operands: Sequence[Tensor | Number], dtype: DType) -> Strides:
        base, exponent = operands
        if not isinstance(base, Tensor):
            return contiguous_strides(shape)
        return super().strides(shape, operands if isinstance(exponent, Tensor) else [base], dtype)


def _pow(input: np.ndarray, exponent: np.ndarray) -> np.ndarray:
    """``input`` to the power ``exponent``; integers to a negative number are refused.

    https://docs.pytorch.org/docs/stable/generated/torch.pow.html
    """
    return _integer_power(input, exponent) if input.dtype.kind in "iu" else _power(input, exponent)


def _power(input: np.ndarray, exponent: np.ndarray) -> np.ndarray:
    """Of -inf in double precision: glibc takes its power of -2^63 in long double for one of 2^63."""
    power = np.power(input, exponent)
    if power.dtype != np.longdouble or not np.isneginf(input).any():
        return power
    return np.where(np.isneginf(input), np.power(-np.inf, exponent.astype(np.float64)), power)


def _is_no_root(input: np.ndarray, exponent: np.ndarray) -> np.ndarray:
    """Where a power of a half is not a matter of taste: a root of -inf is nan, one of -0 is -0, a power is not.

    IEEE 754-2019, 5.4.1 and 9.2.1; the manual does not say which of both functions it means.
    """
    if input.dtype.kind != "f":
        return np.asarray(True)
    return np.asarray((np.abs(exponent) != 0.5) | ((input != -np.inf) & ((input != 0) | ~np.signbit(input))))


def _integer_power(input: np.ndarray, exponent: np.ndarray) -> np.ndarray:
    """Modulo the dtype's range; a negative exponent gives the reciprocal, rounded towards zero."""
    power = np.power(input, np.maximum(exponent, 0))
    reciprocal = np.where(input == 1, 1, np.where(input == -1, np.where(exponent % 2 == 0, 1, -1), 0))
    return np.where(exponent < 0, reciprocal, power).astype(input.dtype)


def _base_vjp(g: Tensor, input: Tensor, exponent: Tensor | Number) -> Tensor:
    if isinstance(exponent, Tensor):
        slope = g * conjugate(exponent * pow(input, exponent - 1))
        where: Tensor = METHODS["where"](exponent == 0, METHODS["zeros_like"](slope), slope)
        return where
    if exponent == 0:
        zeros: Tensor = METHODS["zeros_like"](g)
        return zeros
    return g * conjugate(pow(input, exponent - 1) * exponent)


def _exponent_vjp(g: Tensor, input: Tensor | Number, exponent: Tensor, result: Tensor) -> Tensor:
    """Zero to a power that is not negative stays zero whatever the power: its slope is zero there."""
    real_exponent = exponent.real() if exponent.dtype.is_complex else exponent
    if isinstance(input, Tensor):
        slope = g * conjugate(result * METHODS["log"](input))
        flat = METHODS["logical_and"](input == 0, real_exponent >= 0)
    else:
        slope = g * conjugate(result * _logarithm(input))
        flat = METHODS["logical_and"](real_exponent >= 0, METHODS["full_like"](real_exponent, input == 0))
    where: Tensor = METHODS["where"](flat, METHODS["zeros_like"](slope), slope)
    return where


def _logarithm(number: Number) -> Number:
    if isinstance(number, complex):
        return cmath.log(number) if number else complex(-math.inf, 0)
    return math.log(number) if number > 0 else -math.inf if number == 0 else math.nan


_pow.__name__ = "pow"
pow = _Power(_pow, _power_node, check=_check_power)
pow.promised = _is_no_root
pow.vjp("input", _base_vjp)
pow.vjp("exponent", _exponent_vjp)


# -- in double precision -----------------------------------------------------------------------------------------------


def _in_double(operands: Sequence[Tensor | Number]) -> tuple[DType, DType]:
    """float64, complex128 where an operand is complex, or the reference's own wider ones where it has such."""
    common = arithmetic(operands)[0]
    known = (EXTENDED, COMPLEX_EXTENDED)
    dtype = common if common in known else COMPLEX128 if common.is_complex else FLOAT64
    return dtype, dtype


def _float_power(input: np.ndarray, exponent: np.ndarray) -> np.ndarray:
    """``input`` to the power ``exponent`` in float64 or complex128, whatever the operands.

    https://docs.pytorch.org/docs/stable/generated/torch.float_power.html
    """
    return _power(input, exponent)


def _as(g: Tensor, operand: Tensor | Number) -> Any:
    return METHODS["to"](operand, g.dtype) if isinstance(operand, Tensor) else operand


_float_power.__name__ = "float_power"
float_power = _Power(_float_power, _power_node, _in_double)
float_power.promised = _is_no_root
float_power.vjp("input", lambda g, input, exponent: _base_vjp(g, _as(g, input), _as(g, exponent)))
float_power.vjp(
    "exponent", lambda g, input, exponent, result: _exponent_vjp(g, _as(g, input), _as(g, exponent), result)
)


@function()
def float_power_(input: Tensor, exponent: Tensor | Number) -> Tensor:
    """Write ``float_power`` to ``input``, which must have the dtype of the result.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.float_power_.html
    """
    dtype, _ = _in_double([input, exponent])
    if input.dtype is not dtype:
        refuse(f"the base given to float_power_ has dtype {input.dtype!r}, the operation's result requires {dtype!r}")
    return in_place(float_power, input, exponent)


# -- the second power, and roots ---------------------------------------------------------------------------------------


def _as_square(operands: Sequence[Tensor | Number]) -> tuple[DType, DType]:
    return arithmetic([*operands, 2])


@pointwise("PowBackward0", promotion=_as_square)
def square(input: np.ndarray) -> np.ndarray:
    """``input ** 2``, for bool in int64. https://docs.pytorch.org/docs/stable/generated/torch.square.html"""
    return input * input


square.vjp("input", lambda g, input: g * conjugate(input * 2))


@pointwise("SqrtBackward0", promotion=to_float)
def sqrt(input: np.ndarray) -> np.ndarray:
    """The square root. https://docs.pytorch.org/docs/stable/generated/torch.sqrt.html"""
    return np.sqrt(input)


sqrt.vjp("input", lambda g, result: g / conjugate(result * 2))


@pointwise("RsqrtBackward0", promotion=to_float)
def rsqrt(input: np.ndarray) -> np.ndarray:
    """The reciprocal of the square root. https://docs.pytorch.org/docs/stable/generated/torch.rsqrt.html"""
    return 1 / np.sqrt(input)


rsqrt.vjp("input", lambda g, result: g * conjugate(result * result * result) * -0.5)
