"""Functions beyond the elementary ones: of the error function, of gamma and of Bessel. All refuse complex tensors.

https://docs.pytorch.org/docs/stable/special.html
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any

import numpy as np

from reference import bessel_function, error_function, gamma_function, incomplete_gamma
from reference.checks import BOOL, COMPLEX, INTEGRAL, forbids, refuse_category
from reference.dtypes import DType
from reference.errors import refuse
from reference.function import Pointwise, pointwise, to_float
from reference.layout import Shape, Strides, contiguous_strides
from reference.logarithms import of_tensors
from reference.long_double import in_long_double
from reference.promotion import Number
from reference.selection import where
from reference.tensor import METHODS, Tensor
from reference.transcendental import exp, log


def _widest(kernel: Callable[[np.ndarray], np.ndarray], input: np.ndarray) -> np.ndarray:
    """A kernel that computes in long double, whatever the dtype."""
    return np.asarray(in_long_double(kernel, input).astype(input.dtype))


@cache
def _of_order(function: Callable[[int, np.ndarray], np.ndarray], order: int) -> Callable[[np.ndarray], np.ndarray]:
    return partial(function, order)


# -- the error function ----------------------------------------------------------------------------------------------


@pointwise("ErfcBackward0", promotion=to_float, check=forbids("erfc", COMPLEX))
def erfc(input: np.ndarray) -> np.ndarray:
    """``1 - erf(input)``. https://docs.pytorch.org/docs/stable/special.html#torch.special.erfc"""
    return _widest(error_function.complementary_error_function, input)


@pointwise("ErfinvBackward0", promotion=to_float, check=forbids("erfinv", COMPLEX))
def erfinv(input: np.ndarray) -> np.ndarray:
    """What has ``input`` for its erf, on (-1, 1). https://docs.pytorch.org/docs/stable/special.html#torch.special.erfinv"""
    return _widest(error_function.inverse_error_function, input)


erfc.vjp("input", lambda g, input: g * exp(-(input * input)) * (-2 / math.sqrt(math.pi)))
erfinv.vjp("input", lambda g, input: g * exp(METHODS["square"](erfinv(input))) * (math.sqrt(math.pi) / 2))


# -- the gamma function ----------------------------------------------------------------------------------------------


@pointwise("LgammaBackward0", promotion=to_float, check=forbids("lgamma", COMPLEX))
def lgamma(input: np.ndarray) -> np.ndarray:
    """``log |gamma(input)|``. https://docs.pytorch.org/docs/stable/generated/torch.lgamma.html"""
    return _widest(gamma_function.log_gamma, input)


@pointwise("DigammaBackward0", promotion=to_float, check=forbids("digamma", COMPLEX))
def digamma(input: np.ndarray) -> np.ndarray:
    """The derivative of ``lgamma``, infinite at zero. https://docs.pytorch.org/docs/stable/special.html#torch.special.digamma"""
    return _widest(gamma_function.digamma, input)


def _check_order(dtype: DType, arguments: Mapping[str, Any]) -> None:
    if arguments["n"] < 0:
        refuse("polygamma(n, x) does not support negative n.")
    refuse_category("polygamma", dtype, COMPLEX)


class _OfOrder(Pointwise):
    """A function whose setting may come before its tensor: ``polygamma(n, input)``, ``input.polygamma(n)``."""

    def arguments(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        if len(args) == 2 and isinstance(args[1], Tensor):
            args = (args[1], args[0])
        elif len(args) == 1 and not isinstance(args[0], Tensor):
            args, kwargs = (kwargs["input"],), {"n": args[0]}
        return super().arguments(args, kwargs)


def _polygamma(input: np.ndarray, *, n: int) -> np.ndarray:
    """The n-th derivative of ``digamma``. https://docs.pytorch.org/docs/stable/special.html#torch.special.polygamma"""
    return _widest(_of_order(gamma_function.polygamma, n), input)


_polygamma.__name__ = "polygamma"
polygamma = _OfOrder(_polygamma, "PolygammaBackward0", to_float, _check_order)

# At minus infinity, as beyond all poles, there is no limit.
polygamma.promised = lambda input, *, n: input != -np.inf

lgamma.vjp("input", lambda g, input: g * digamma(input))
digamma.vjp("input", lambda g, input: g * polygamma(1, input))
polygamma.vjp("input", lambda g, input, n: g * polygamma(n + 1, input))


def _check_dimension(dtype: DType, arguments: Mapping[str, Any]) -> None:
    if arguments["input"].dtype.category is BOOL:
        refuse("The input tensor may not be a boolean tensor.")
    if arguments["p"] < 1:
        refuse("p has to be greater than or equal to 1")
    refuse_category("mvlgamma", dtype, COMPLEX)


class _Multivariate(Pointwise):
    """A sum along a dimension of its own, whose result is contiguous."""

    def strides(self, shape: Shape, operands: Sequence[Tensor | Number], dtype: DType) -> Strides:
        return contiguous_strides(shape)


def _mvlgamma(input: np.ndarray, *, p: int) -> np.ndarray:
    """``p (p - 1) / 4 log(pi)`` and the sum of ``lgamma(input - j / 2)`` for j below ``p``.

    Where an element is ``(p - 1) / 2`` or less, nothing is specified.
    https://docs.pytorch.org/docs/stable/special.html#torch.special.multigammaln
    """
    return _widest(_of_order(_sum_of_log_gamma, p), input)


def _sum_of_log_gamma(p: int, input: np.ndarray) -> np.ndarray:
    factors = [gamma_function.log_gamma(input - np.longdouble(j) / 2) for j in range(p)]
    return np.asarray(sum(factors) + gamma_function.LOG_PI * (p * (p - 1)) / 4)


def _mvlgamma_vjp(g: Tensor, input: Tensor, p: int) -> Tensor:
    slope = digamma(input)
    for j in range(1, p):
        slope = slope + digamma(input - j / 2)
    product: Tensor = g * slope
    return product


_mvlgamma.__name__ = "mvlgamma"
mvlgamma = _Multivariate(_mvlgamma, "MvlgammaBackward0", to_float, _check_dimension)
mvlgamma.promised = lambda input, *, p: ~(input <= (p - 1) / 2)
mvlgamma.vjp("input", _mvlgamma_vjp)


# -- the incomplete gamma functions ------------------------------------------------------------------------------------


@pointwise("IgammaBackward0", check=of_tensors("igamma", BOOL, INTEGRAL, COMPLEX))
def igamma(input: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The integral of ``t^(input - 1) e^-t`` from 0 to ``other``, over that to infinity; NaN if either is negative.

    https://docs.pytorch.org/docs/stable/special.html#torch.special.gammainc
    """
    lower, _ = in_long_double(incomplete_gamma.incomplete_gamma, input, other)
    return np.asarray(lower.astype(input.dtype))


@pointwise("IgammacBackward0", check=of_tensors("igammac", BOOL, INTEGRAL, COMPLEX))
def igammac(input: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The same integral from ``other`` on: ``1 - igamma(input, other)``.

    https://docs.pytorch.org/docs/stable/special.html#torch.special.gammaincc
    """
    _, upper = in_long_double(incomplete_gamma.incomplete_gamma, input, other)
    return np.asarray(upper.astype(input.dtype))


def _integrand(input: Tensor, other: Tensor) -> Tensor:
    slope: Tensor = exp((input - 1) * log(other) - other - lgamma(input))
    return slope


def _unsupported(g: Tensor) -> Tensor:
    """Of the page: "The backward pass with respect to input is not yet supported."."""
    refuse("the derivative with respect to input is not implemented", "NotImplementedError")


igamma.vjp("input", _unsupported)
igamma.vjp("other", lambda g, input, other: g * _integrand(input, other))
igammac.vjp("input", _unsupported)
igammac.vjp("other", lambda g, input, other: -g * _integrand(input, other))


# -- Bessel functions ------------------------------------------------------------------------------------------------


@pointwise("I0Backward0", promotion=to_float, check=forbids("i0", COMPLEX))
def i0(input: np.ndarray) -> np.ndarray:
    """The modified Bessel function of order 0. https://docs.pytorch.org/docs/stable/special.html#torch.special.i0"""
    return _widest(_of_order(bessel_function.bessel_i, 0), input)


@pointwise("SpecialI1Backward0", promotion=to_float, check=forbids("i1", COMPLEX))
def special_i1(input: np.ndarray) -> np.ndarray:
    """The modified Bessel function of order 1. https://docs.pytorch.org/docs/stable/special.html#torch.special.i1"""
    return _widest(_of_order(bessel_function.bessel_i, 1), input)


i0.vjp("input", lambda g, input: g * special_i1(input))
special_i1.vjp("input", lambda g, input, result: g * _i1_slope(input, result))


def _i1_slope(input: Tensor, result: Tensor) -> Tensor:
    """I_0 - I_1 / x, which is 1/2 at zero."""
    flat = input == 0
    slope: Tensor = where(flat, 0.5, i0(input) - result / where(flat, 1.0, input))
    return slope


# -- the inverse of the sigmoid --------------------------------------------------------------------------------------


def _clamps(eps: float | None) -> bool:
    return eps is not None and eps >= 0


@pointwise("LogitBackward0", promotion=to_float, check=forbids("logit", COMPLEX))
def logit(input: np.ndarray, *, eps: float | None = None) -> np.ndarray:
    """``log(input / (1 - input))`` of ``input``, clamped to ``[eps, 1 - eps]`` if ``eps`` is given.

    https://docs.pytorch.org/docs/stable/special.html#torch.special.logit
    """
    if eps is not None and _clamps(eps):
        input = np.clip(input, eps, 1 - eps)
    # Around 1/2 the difference of two logarithms would have no digits.
    central = np.abs(input - 0.5) < 0.25
    return np.where(central, 2 * np.arctanh(2 * input - 1), np.log(input) - np.log1p(-input))


def _logit_vjp(g: Tensor, input: Tensor, eps: float | None) -> Tensor:
    outside, value = (input < 0, input > 1), math.nan
    if eps is not None and _clamps(eps):
        outside, value = (input < eps, input > 1 - eps), 0.0
    slope: Tensor = where(METHODS["logical_or"](*outside), value, g / (input * (1 - input)))
    return slope


logit.vjp("input", _logit_vjp)
