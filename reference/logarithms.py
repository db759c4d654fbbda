"""Logarithms and angles of two operands, and powers in double precision.

https://docs.pytorch.org/docs/stable/torch.html#pointwise-ops
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from reference.arithmetic import conjugate
from reference.checks import BOOL, COMPLEX, INTEGRAL, refuse_category
from reference.comparison import tensors_only
from reference.dtypes import Category, DType
from reference.function import Check, pointwise, to_float
from reference.promotion import Number
from reference.tensor import METHODS, Tensor
from reference.transcendental import log1p


def of_tensors(name: str, *forbidden: Category) -> Check:
    """The check of a function of two tensors that is not defined for some categories of their common dtype."""

    def check(dtype: DType, arguments: Mapping[str, Any]) -> None:
        tensors_only(name)(dtype, arguments)
        refuse_category(name, dtype, *forbidden)

    return check


@pointwise("Atan2Backward0", promotion=to_float, check=of_tensors("atan2", COMPLEX))
def atan2(input: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The angle between the vectors (other, input) and (1, 0).

    https://docs.pytorch.org/docs/stable/generated/torch.atan2.html
    """
    return np.arctan2(input, other)


def _turn(input: Tensor, other: Tensor, across: Tensor) -> Tensor:
    """``across`` times the reciprocal of the squared length; at the origin, which has no angle, none."""
    squared = input * input + other * other
    slope: Tensor = METHODS["where"](squared == 0, 0.0, across * METHODS["reciprocal"](squared))
    return slope


atan2.vjp("input", lambda g, input, other: g * _turn(input, other, other))
atan2.vjp("other", lambda g, input, other: g * _turn(input, other, -input))


@pointwise("HypotBackward0", check=of_tensors("hypot", BOOL, INTEGRAL, COMPLEX))
def hypot(input: np.ndarray, other: np.ndarray) -> np.ndarray:
    """``sqrt(input ** 2 + other ** 2)``. https://docs.pytorch.org/docs/stable/generated/torch.hypot.html"""
    return np.hypot(input, other)


# The formula makes nan of nan and infinity, the function of that name in C (IEEE 754-2019, 9.2) infinity.
hypot.promised = lambda input, other: np.asarray(
    ~(np.isnan(input) & np.isinf(other)) & ~(np.isinf(input) & np.isnan(other))
)
hypot.vjp("input", lambda g, input, result: g * (input / result))
hypot.vjp("other", lambda g, other, result: g * (other / result))


# -- sums of exponentials ----------------------------------------------------------------------------------------------


@pointwise("LogaddexpBackward0", check=of_tensors("logaddexp", BOOL, INTEGRAL))
def logaddexp(input: np.ndarray, other: np.ndarray) -> np.ndarray:
    """``log(exp(input) + exp(other))``. https://docs.pytorch.org/docs/stable/generated/torch.logaddexp.html"""
    if input.dtype.kind != "c":
        return np.logaddexp(input, other)
    larger, smaller = _by_real_part(input, other)
    return larger + log1p.kernel(np.exp(smaller - larger))


def _by_real_part(input: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The operands, that of the larger real part first."""
    first = input.real >= other.real
    return np.where(first, input, other), np.where(first, other, input)


def _is_principal(input: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Where no rule is needed which of the many complex logarithms is meant."""
    if input.dtype.kind != "c":
        return np.asarray(True)
    larger, smaller = _by_real_part(input, other)
    turned = np.angle(1 + np.exp(smaller - larger)), np.angle(1 + np.exp(larger - smaller))
    margin = np.pi * (1 - 2.0**-8)
    principal = (np.abs(larger.imag + turned[0]) < margin) & (np.abs(smaller.imag + turned[1]) < margin)
    finite = ~np.isinf(input) & ~np.isinf(other)
    return np.asarray(principal | (finite & (np.isnan(input) | np.isnan(other))))


logaddexp.promised = _is_principal
logaddexp.vjp("input", lambda g, input, other: g / conjugate(1 + METHODS["exp"](other - input)))
logaddexp.vjp("other", lambda g, input, other: g / conjugate(1 + METHODS["exp"](input - other)))


@pointwise("Logaddexp2Backward0", check=of_tensors("logaddexp2", BOOL, INTEGRAL, COMPLEX))
def logaddexp2(input: np.ndarray, other: np.ndarray) -> np.ndarray:
    """``log2(2 ** input + 2 ** other)``. https://docs.pytorch.org/docs/stable/generated/torch.logaddexp2.html"""
    return np.logaddexp2(input, other)


logaddexp2.vjp("input", lambda g, input, other: g / (1 + METHODS["pow"](2.0, other - input)))
logaddexp2.vjp("other", lambda g, input, other: g / (1 + METHODS["pow"](2.0, input - other)))


# -- products with a logarithm -----------------------------------------------------------------------------------------


def _xlogy_node(arguments: Mapping[str, Any]) -> str:
    if not isinstance(arguments["input"], Tensor):
        return "XlogyBackward1"
    return "XlogyBackward0" if isinstance(arguments["other"], Tensor) else "XlogyBackward2"


def _check_xlogy(dtype: DType, arguments: Mapping[str, Any]) -> None:
    refuse_category("xlogy", dtype, COMPLEX)


@pointwise(_xlogy_node, promotion=to_float, check=_check_xlogy)
def xlogy(input: np.ndarray, other: np.ndarray) -> np.ndarray:
    """``input * log(other)``: nan where ``other`` is, else 0 where ``input`` is 0.

    https://docs.pytorch.org/docs/stable/special.html#torch.special.xlogy
    """
    return np.where(np.isnan(other), other, np.where(input == 0, 0, input * np.log(other)))


def _factor_vjp(g: Tensor, input: Tensor, other: Tensor | Number) -> Tensor:
    """``g log(other)``, but none where the function is 0 because its factor is and the logarithm is not finite."""
    slope: Tensor = xlogy(g, other)
    if isinstance(other, Tensor):
        flat = METHODS["logical_and"](input == 0, other <= 0)
    elif isinstance(other, complex) or other > 0:
        return slope
    else:
        flat = input == 0
    chosen: Tensor = METHODS["where"](flat, 0.0, slope)
    return chosen


xlogy.vjp("input", _factor_vjp)
xlogy.vjp("other", lambda g, input, other: g * input / other)
