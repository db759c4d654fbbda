"""Trigonometric and hyperbolic functions and their inverses. https://docs.pytorch.org/docs/stable/torch.html#pointwise-ops

Sine, cosine and the hyperbolic tangent are in ``transcendental``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from reference.arithmetic import conjugate
from reference.checks import COMPLEX, forbids
from reference.dtypes import DType
from reference.function import LikeInput, pointwise, to_float
from reference.layout import Shape, Strides
from reference.powers import rsqrt
from reference.promotion import Number
from reference.selection import where
from reference.tensor import METHODS, Tensor
from reference.transcendental import cos, joined

_PI = np.longdouble("3.14159265358979323846264338327950288419716939937510582")
_SLOPE_TERMS = 11


@pointwise("TanBackward0", promotion=to_float)
def tan(input: np.ndarray) -> np.ndarray:
    """The tangent. https://docs.pytorch.org/docs/stable/generated/torch.tan.html"""
    return np.tan(input)


tan.vjp("input", lambda g, result: g * conjugate(result * result + 1))


@pointwise("SinhBackward0", promotion=to_float)
def sinh(input: np.ndarray) -> np.ndarray:
    """The hyperbolic sine. https://docs.pytorch.org/docs/stable/generated/torch.sinh.html"""
    return np.sinh(input)


@pointwise("CoshBackward0", promotion=to_float)
def cosh(input: np.ndarray) -> np.ndarray:
    """The hyperbolic cosine. https://docs.pytorch.org/docs/stable/generated/torch.cosh.html"""
    return np.cosh(input)


sinh.vjp("input", lambda g, input: g * conjugate(cosh(input)))
cosh.vjp("input", lambda g, input: g * conjugate(sinh(input)))


# -- inverses --------------------------------------------------------------------------------------------------------


@pointwise("AsinBackward0", promotion=to_float)
def asin(input: np.ndarray) -> np.ndarray:
    """The inverse sine. https://docs.pytorch.org/docs/stable/generated/torch.asin.html"""
    return np.arcsin(input)


@pointwise("AcosBackward0", promotion=to_float)
def acos(input: np.ndarray) -> np.ndarray:
    """The inverse cosine. https://docs.pytorch.org/docs/stable/generated/torch.acos.html"""
    return np.arccos(input)


@pointwise("AtanBackward0", promotion=to_float)
def atan(input: np.ndarray) -> np.ndarray:
    """The inverse tangent. https://docs.pytorch.org/docs/stable/generated/torch.atan.html"""
    return np.arctan(input)


@pointwise("AsinhBackward0", promotion=to_float)
def asinh(input: np.ndarray) -> np.ndarray:
    """The inverse hyperbolic sine. https://docs.pytorch.org/docs/stable/generated/torch.asinh.html"""
    return np.arcsinh(input)


@pointwise("AcoshBackward0", promotion=to_float)
def acosh(input: np.ndarray) -> np.ndarray:
    """The inverse hyperbolic cosine. https://docs.pytorch.org/docs/stable/generated/torch.acosh.html"""
    return np.arccosh(input)


@pointwise("AtanhBackward0", promotion=to_float)
def atanh(input: np.ndarray) -> np.ndarray:
    """The inverse hyperbolic tangent. https://docs.pytorch.org/docs/stable/generated/torch.atanh.html"""
    return np.arctanh(input)


def _acosh_vjp(g: Tensor, input: Tensor) -> Tensor:
    # One root of the product is not the product of the roots where the real part is negative.
    slope: Tensor = rsqrt(input - 1) * rsqrt(input + 1) if input.dtype.is_complex else rsqrt(input * input - 1)
    product: Tensor = g * conjugate(slope)
    return product


asin.vjp("input", lambda g, input: g * conjugate(rsqrt(1 - input * input)))
acos.vjp("input", lambda g, input: -(g * conjugate(rsqrt(1 - input * input))))
atan.vjp("input", lambda g, input: g / conjugate(input * input + 1))
asinh.vjp("input", lambda g, input: g * conjugate(rsqrt(input * input + 1)))
acosh.vjp("input", _acosh_vjp)
atanh.vjp("input", lambda g, input: g / conjugate(1 - input * input))


# -- angles ----------------------------------------------------------------------------------------------------------


class _TimesNumber(LikeInput):
    """A function that torch computes as a product with a number, which counts as a 0-d tensor for ``out=``."""

    def out_strides(self, shape: Shape, operands: Sequence[Tensor | Number], dtype: DType) -> Strides:
        return super().out_strides(shape, [*operands, 1.0], dtype)


def _deg2rad(input: np.ndarray) -> np.ndarray:
    """Degrees in radians. https://docs.pytorch.org/docs/stable/generated/torch.deg2rad.html"""
    return input * (_PI / 180)


def _rad2deg(input: np.ndarray) -> np.ndarray:
    """Radians in degrees. https://docs.pytorch.org/docs/stable/generated/torch.rad2deg.html"""
    return input * (180 / _PI)


_deg2rad.__name__, _rad2deg.__name__ = "deg2rad", "rad2deg"
deg2rad = _TimesNumber(_deg2rad, "Deg2RadBackward0", to_float, forbids("deg2rad", COMPLEX, kind="RuntimeError"))
rad2deg = _TimesNumber(_rad2deg, "Rad2DegBackward0", to_float, forbids("rad2deg", COMPLEX, kind="RuntimeError"))
deg2rad.vjp("input", lambda g: deg2rad(g))
rad2deg.vjp("input", lambda g: rad2deg(g))


@pointwise("SincBackward0", promotion=to_float)
def sinc(input: np.ndarray) -> np.ndarray:
    """``sin(pi input) / (pi input)``, 1 at zero. https://docs.pytorch.org/docs/stable/special.html#torch.special.sinc"""
    scaled = joined(input.real * _PI, input.imag * _PI) if input.dtype.kind == "c" else input * _PI
    # Whole turns are taken off before the product is rounded: exactly.
    turned = np.sin(_without_turns(input))
    quotient = np.where(input == 0, 1, turned / np.where(input == 0, 1, scaled))
    # A complex infinity over a number is nan.
    return np.where(np.isinf(turned), turned, quotient)


def _without_turns(input: np.ndarray) -> np.ndarray:
    """pi times what remains of ``input`` (its real part) when a multiple of 2 is taken off."""
    remainder = _PI * (input.real - 2 * np.rint(input.real / 2))
    return joined(remainder, input.imag * _PI) if input.dtype.kind == "c" else np.asarray(remainder)


def _sinc_vjp(g: Tensor, input: Tensor) -> Tensor:
    product: Tensor = g * conjugate(_sinc_slope(input))
    return product


def _sinc_slope(input: Tensor) -> Tensor:
    """(cos(pi x) - sinc(x)) / x, near zero by its power series, where the difference would have no digits."""
    near = METHODS["abs"](input) < 0.25
    angle = where(near, input, 0) * math.pi
    square = angle * angle
    series = METHODS["zeros_like"](input)
    for n in range(_SLOPE_TERMS, 0, -1):
        series = series * square + (-1) ** n * 2 * n / math.factorial(2 * n + 1)
    away = where(near, 1, input)
    slope: Tensor = where(near, series * angle * math.pi, (cos(away * math.pi) - sinc(away)) / away)
    return slope


sinc.vjp("input", _sinc_vjp)
