"""Sign, magnitude and rounding to integers. https://docs.pytorch.org/docs/stable/torch.html#pointwise-ops"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from reference.checks import BOOL, COMPLEX, INTEGRAL, forbids, refuse_category
from reference.dtypes import Category, DType
from reference.function import LikeInput, pointwise, real_part
from reference.tensor import METHODS, Tensor


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
abs = LikeInput(_abs, "AbsBackward0", real_part, forbids("abs", BOOL), categories=(Category.COMPLEX,))
abs.vjp("input", lambda g, input: g * sgn(input))


@pointwise("FloorBackward0", check=forbids("floor", BOOL, COMPLEX))
def floor(input: np.ndarray) -> np.ndarray:
    """The largest integer not above. https://docs.pytorch.org/docs/stable/generated/torch.floor.html"""
    return np.floor(input)


@pointwise("CeilBackward0", check=forbids("ceil", BOOL, COMPLEX))
def ceil(input: np.ndarray) -> np.ndarray:
    """The smallest integer not below. https://docs.pytorch.org/docs/stable/generated/torch.ceil.html"""
    return np.ceil(input)


@pointwise("TruncBackward0", check=forbids("trunc", BOOL, COMPLEX))
def trunc(input: np.ndarray) -> np.ndarray:
    """The integer part. https://docs.pytorch.org/docs/stable/generated/torch.trunc.html"""
    return np.trunc(input)


def _check_round(dtype: DType, arguments: Mapping[str, Any]) -> None:
    refuse_category("round", dtype, BOOL, COMPLEX)
    if arguments["decimals"]:
        refuse_category("round to decimals", dtype, INTEGRAL)


def _round_node(arguments: Mapping[str, Any]) -> str:
    return "RoundBackward1" if arguments["decimals"] else "RoundBackward0"


@pointwise(_round_node, check=_check_round)
def round(input: np.ndarray, *, decimals: int = 0) -> np.ndarray:
    """The nearest integer, half to even, or multiple of ``10 ** -decimals``.

    https://docs.pytorch.org/docs/stable/generated/torch.round.html
    """
    if input.dtype.kind in "iu" or decimals == 0:
        return input if input.dtype.kind in "iu" else np.rint(input)
    power = input.dtype.type(10) ** np.abs(decimals)
    return np.rint(input * power) / power if decimals > 0 else np.rint(input / power) * power


for _step in (floor, ceil, trunc, round):
    _step.vjp("input", _no_gradient)
