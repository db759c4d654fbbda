"""Exponentials, logarithms, trigonometric and error functions.

https://docs.pytorch.org/docs/stable/torch.html#pointwise-ops
"""

from __future__ import annotations

import math

import numpy as np

from reference.arithmetic import conjugate
from reference.checks import COMPLEX, forbids
from reference.error_function import error_function
from reference.function import pointwise, to_float
from reference.long_double import in_long_double

_LOG_2 = np.longdouble("0.693147180559945309417232121458176568075500134360255254")


def joined(real: np.ndarray, imag: np.ndarray) -> np.ndarray:
    """real + i imag, without the products that turn inf into nan."""
    result = np.empty(real.shape, np.result_type(real.dtype, np.complex64))
    result.real, result.imag = real, imag
    return result


@pointwise("ExpBackward0", promotion=to_float)
def exp(input: np.ndarray) -> np.ndarray:
    """e to the power ``input``. https://docs.pytorch.org/docs/stable/generated/torch.exp.html"""
    return np.exp(input)


exp.vjp("input", lambda g, result: g * conjugate(result))


@pointwise("Expm1Backward0", promotion=to_float)
def expm1(input: np.ndarray) -> np.ndarray:
    """``exp(input) - 1``. https://docs.pytorch.org/docs/stable/generated/torch.expm1.html"""
    if input.dtype.kind != "c":
        return np.expm1(input)
    real, imag = input.real, input.imag
    half = np.sin(imag / 2)
    return joined(np.expm1(real) * np.cos(imag) - 2 * half * half, np.exp(real) * np.sin(imag))


expm1.vjp("input", lambda g, result: g * conjugate(result + 1))


@pointwise("LogBackward0", promotion=to_float)
def log(input: np.ndarray) -> np.ndarray:
    """The natural logarithm. https://docs.pytorch.org/docs/stable/generated/torch.log.html"""
    return np.log(input)


log.vjp("input", lambda g, input: g / conjugate(input))


@pointwise("Log1PBackward0", promotion=to_float)
def log1p(input: np.ndarray) -> np.ndarray:
    """``log(1 + input)``. https://docs.pytorch.org/docs/stable/generated/torch.log1p.html"""
    if input.dtype.kind != "c":
        return np.log1p(input)
    real, imag = input.real, input.imag
    # |1 + z|^2 - 1, which is small where a rounded 1 + z would forget z.
    excess = real * (2 + real) + imag * imag
    small = np.abs(input) < 0.5
    magnitude = np.where(small, np.log1p(np.where(small, excess, 0)) / 2, np.log(np.abs(1 + input)))
    return joined(magnitude, np.arctan2(imag, 1 + real))


log1p.vjp("input", lambda g, input: g / conjugate(input + 1))


@pointwise("Exp2Backward0", promotion=to_float)
def exp2(input: np.ndarray) -> np.ndarray:
    """2 to the power ``input``. https://docs.pytorch.org/docs/stable/special.html#torch.special.exp2"""
    if input.dtype.kind != "c":
        return np.exp2(input)
    return np.exp(joined(input.real * _LOG_2, input.imag * _LOG_2))


exp2.vjp("input", lambda g, result: g * conjugate(result) * math.log(2))


@pointwise("Log2Backward0", promotion=to_float)
def log2(input: np.ndarray) -> np.ndarray:
    """The logarithm to the base 2. https://docs.pytorch.org/docs/stable/generated/torch.log2.html"""
    return np.log2(input)


@pointwise("Log10Backward0", promotion=to_float)
def log10(input: np.ndarray) -> np.ndarray:
    """The logarithm to the base 10. https://docs.pytorch.org/docs/stable/generated/torch.log10.html"""
    return np.log10(input)


log2.vjp("input", lambda g, input: g / conjugate(input * math.log(2)))
log10.vjp("input", lambda g, input: g / conjugate(input * math.log(10)))


@pointwise("SinBackward0", promotion=to_float)
def sin(input: np.ndarray) -> np.ndarray:
    """The sine. https://docs.pytorch.org/docs/stable/generated/torch.sin.html"""
    return np.sin(input)


@pointwise("CosBackward0", promotion=to_float)
def cos(input: np.ndarray) -> np.ndarray:
    """The cosine. https://docs.pytorch.org/docs/stable/generated/torch.cos.html"""
    return np.cos(input)


sin.vjp("input", lambda g, input: g * conjugate(cos(input)))
cos.vjp("input", lambda g, input: -(g * conjugate(sin(input))))


@pointwise("TanhBackward0", promotion=to_float)
def tanh(input: np.ndarray) -> np.ndarray:
    """The hyperbolic tangent. https://docs.pytorch.org/docs/stable/generated/torch.tanh.html"""
    return np.tanh(input)


tanh.vjp("input", lambda g, result: g * conjugate(1 - result * result))


@pointwise("SigmoidBackward0", promotion=to_float)
def sigmoid(input: np.ndarray) -> np.ndarray:
    """``1 / (1 + exp(-input))``. https://docs.pytorch.org/docs/stable/generated/torch.sigmoid.html"""
    if input.dtype.kind != "c":
        return 1 / (1 + np.exp(-input))
    # One over a complex infinity is nan: the exponential is taken of the number whose real part is negative.
    left = input.real < 0
    power = np.exp(np.where(left, input, -input))
    return np.where(left, power, 1) / (1 + power)


sigmoid.vjp("input", lambda g, result: g * conjugate(result * (1 - result)))


@pointwise("ErfBackward0", promotion=to_float, check=forbids("erf", COMPLEX))
def erf(input: np.ndarray) -> np.ndarray:
    """The error function. https://docs.pytorch.org/docs/stable/generated/torch.erf.html"""
    return np.asarray(in_long_double(error_function, input).astype(input.dtype))


erf.vjp("input", lambda g, input: g * exp(-(input * input)) * (2 / math.sqrt(math.pi)))
