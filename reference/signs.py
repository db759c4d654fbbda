"""Sign, magnitude and rounding to integers. https://docs.pytorch.org/docs/stable/torch.html#pointwise-ops"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from reference.checks import BOOL, COMPLEX, INTEGRAL, forbids, refuse_category
from reference.dtypes import Category, DType, real_of
from reference.errors import refuse
from reference.function import Pointwise, RealOfComplex, function, pointwise, real_part, to_float
from reference.layout import Shape, Strides, contiguous_strides
from reference.promotion import Number
from reference.tensor import METHODS, Tensor
from reference.writing import in_place

_PI = np.longdouble("3.14159265358979323846264338327950288419716939937510582")


def _no_gradient(g: Tensor) -> Tensor:
    """The gradient of a function that is constant almost everywhere."""
    zeros: Tensor = METHODS["zeros_like"](g)
    return zeros


@pointwise("NegBackward0", check=forbids("negation", BOOL, kind="RuntimeError"))
def neg(input: np.ndarray) -> np.ndarray:
    """``-input``; bool is refused. https://docs.pytorch.org/docs/stable/generated/torch.neg.html"""
    return -input


neg.vjp("input", lambda g: -g)


def _signs(input: np.ndarray) -> np.ndarray:
    # Unlike np.sign, nan has the sign 0.
    return ((input > 0).astype(np.int8) - (input < 0).astype(np.int8)).astype(input.dtype)


@pointwise("SignBackward0", check=forbids("sign", COMPLEX))
def sign(input: np.ndarray) -> np.ndarray:
    """-1, 0 or 1. https://docs.pytorch.org/docs/stable/generated/torch.sign.html"""
    return _signs(input)


sign.vjp("input", _no_gradient)


@pointwise("SgnBackward0")
def sgn(input: np.ndarray) -> np.ndarray:
    """The sign; ``input / |input|``, or 0, of a complex one. https://docs.pytorch.org/docs/stable/generated/torch.sgn.html"""
    if input.dtype.kind != "c":
        return _signs(input)
    magnitude = np.abs(input)
    return np.where(magnitude == 0, 0, input / np.where(magnitude == 0, 1, magnitude))


def _sgn_vjp(g: Tensor, input: Tensor, result: Tensor) -> Tensor:
    if not input.dtype.is_complex:
        return _no_gradient(g)
    # A change along the direction of the number leaves its direction as it is: only the rest counts.
    magnitude = METHODS["abs"](input)
    across = (g - result * (g.conj_physical() * result).real()) / magnitude
    where: Tensor = METHODS["where"](magnitude == 0, 0.0, across)
    return where


sgn.vjp("input", _sgn_vjp)


def _abs(input: np.ndarray) -> np.ndarray:
    """The absolute value, real for complex. https://docs.pytorch.org/docs/stable/generated/torch.abs.html"""
    return np.abs(input)


_abs.__name__ = "abs"
abs = RealOfComplex(_abs, "AbsBackward0", real_part, forbids("abs", BOOL), categories=(Category.COMPLEX,))
abs.vjp("input", lambda g, input: g * sgn(input))


@function()
def abs_(input: Tensor) -> Tensor:
    """Write its absolute values to a tensor; complex is refused, whose are real.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.abs_.html
    """
    if input.dtype.is_complex:
        refuse("In-place abs is not supported for complex tensors.")
    return in_place(abs, input)


def _angle_dtypes(operands: Sequence[Tensor | Number]) -> tuple[DType, DType]:
    common, _ = to_float(operands)
    return common, real_of(common)


class _Angle(RealOfComplex):
    """The angles of complex numbers are written to a contiguous tensor, of real ones to one like any other."""

    def strides(self, shape: Shape, operands: Sequence[Tensor | Number], dtype: DType) -> Strides:
        return contiguous_strides(shape) if dtype.is_complex else super().out_strides(shape, operands, dtype)


def _angle(input: np.ndarray) -> np.ndarray:
    """The argument of a complex number; pi of a negative real one, 0 of others.

    https://docs.pytorch.org/docs/stable/generated/torch.angle.html
    """
    if input.dtype.kind == "c":
        return np.arctan2(input.imag, input.real)
    return np.where(np.isnan(input), input, np.where(input < 0, _PI, 0))


def _angle_vjp(g: Tensor, input: Tensor) -> Tensor:
    if not input.dtype.is_complex:
        return _no_gradient(g)
    # The way in which only the angle grows is across the number, and the longer the further out.
    magnitude = abs(input)
    across: Tensor = METHODS["where"](magnitude == 0, 0.0, g * (input * 1j) / (magnitude * magnitude))
    return across


_angle.__name__ = "angle"
angle = _Angle(_angle, "AngleBackward0", _angle_dtypes)
angle.vjp("input", _angle_vjp)


# -- rounding to integers ----------------------------------------------------------------------------------------------


def _unless_whole(step: Callable[[np.ndarray], np.ndarray], input: np.ndarray) -> np.ndarray:
    """``step``, but of integers, of which NumPy before 2.1 makes doubles: not all of 64 bits are among those."""
    return input if input.dtype.kind in "iu" else step(input)


@pointwise("FloorBackward0", check=forbids("floor", BOOL, COMPLEX))
def floor(input: np.ndarray) -> np.ndarray:
    """The largest integer not above. https://docs.pytorch.org/docs/stable/generated/torch.floor.html"""
    return _unless_whole(np.floor, input)


@pointwise("CeilBackward0", check=forbids("ceil", BOOL, COMPLEX))
def ceil(input: np.ndarray) -> np.ndarray:
    """The smallest integer not below. https://docs.pytorch.org/docs/stable/generated/torch.ceil.html"""
    return _unless_whole(np.ceil, input)


@pointwise("TruncBackward0", check=forbids("trunc", BOOL, COMPLEX))
def trunc(input: np.ndarray) -> np.ndarray:
    """The integer part. https://docs.pytorch.org/docs/stable/generated/torch.trunc.html"""
    return _unless_whole(np.trunc, input)


@pointwise("FracBackward0", check=forbids("frac", BOOL, INTEGRAL, COMPLEX))
def frac(input: np.ndarray) -> np.ndarray:
    """What the integer part leaves. https://docs.pytorch.org/docs/stable/generated/torch.frac.html"""
    return input - np.trunc(input)


frac.vjp("input", lambda g: g)


def _check_round(dtype: DType, arguments: Mapping[str, Any]) -> None:
    refuse_category("round", dtype, BOOL, COMPLEX)
    if arguments["decimals"]:
        refuse_category("round to decimals", dtype, INTEGRAL)


def _round_node(arguments: Mapping[str, Any]) -> str:
    return "RoundBackward0" if arguments["decimals"] is None else "RoundBackward1"


class _Round(Pointwise):
    """With ``decimals``, each step is rounded, as the documented algorithm is: to the dtype, of 16 bits to float32."""

    def evaluate(self, arrays: Sequence[Any], settings: Mapping[str, Any], dtype: DType) -> np.ndarray:
        if settings["decimals"]:
            arrays = [array.astype(dtype.numpy if dtype.itemsize > 2 else np.float32) for array in arrays]
        return super().evaluate(arrays, settings, dtype)


def _round(input: np.ndarray, *, decimals: int | None = None) -> np.ndarray:
    """The nearest integer, half to even; with ``decimals``, what NumPy's ``around`` gives.

    Where 10^|decimals| is beyond the last number, no number has that many decimals, or digits before them.

    https://docs.pytorch.org/docs/stable/generated/torch.round.html
    """
    if input.dtype.kind in "iu":
        return input
    decimals = decimals or 0
    power = input.dtype.type(np.float64(10.0) ** np.abs(decimals))
    if not np.isfinite(power):
        return input if decimals >= 0 else np.where(np.isfinite(input), np.copysign(0, input), input)
    return np.rint(input * power) / power if decimals >= 0 else np.rint(input / power) * power


_round.__name__ = "round"
round = _Round(_round, _round_node, check=_check_round)


for _step in (floor, ceil, trunc, round):
    _step.vjp("input", _no_gradient)
