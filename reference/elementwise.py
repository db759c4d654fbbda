"""Pointwise arithmetic. https://docs.pytorch.org/docs/stable/torch.html#pointwise-ops"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from reference.dtypes import BOOL, DType
from reference.errors import refuse
from reference.function import arithmetic, pointwise, real_part, to_float


def _check_alpha(dtype: DType, arguments: Mapping[str, Any]) -> None:
    alpha = arguments["alpha"]
    if isinstance(alpha, bool) and dtype is not BOOL:
        refuse("Boolean alpha only supported for Boolean results.")
    if not dtype.is_differentiable and isinstance(alpha, (float, complex)):
        refuse("For integral input tensors, argument alpha must not be a floating point number.")
    if not dtype.is_complex and isinstance(alpha, complex):
        refuse("For non-complex input tensors, argument alpha must not be a complex number.")


@pointwise("AddBackward0", check=_check_alpha)
def add(input: np.ndarray, other: np.ndarray, *, alpha: complex = 1) -> np.ndarray:
    """``input + alpha * other``. https://docs.pytorch.org/docs/stable/generated/torch.add.html"""
    return input + (other if alpha == 1 else other.dtype.type(alpha) * other)


add.vjp("input", lambda g: g)
add.vjp("other", lambda g, alpha: g if alpha == 1 else g * _conjugate(alpha))


@pointwise("MulBackward0")
def mul(input: np.ndarray, other: np.ndarray) -> np.ndarray:
    """``input * other``. https://docs.pytorch.org/docs/stable/generated/torch.mul.html"""
    return input * other


mul.vjp("input", lambda g, other: g * _conjugate(other))
mul.vjp("other", lambda g, input: g * _conjugate(input))


@pointwise("ExpBackward0", promotion=to_float)
def exp(input: np.ndarray) -> np.ndarray:
    """e to the power ``input``. https://docs.pytorch.org/docs/stable/generated/torch.exp.html"""
    return np.exp(input)


exp.vjp("input", lambda g, result: g * _conjugate(result))


@pointwise("NegBackward0", promotion=arithmetic)
def neg(input: np.ndarray) -> np.ndarray:
    """``-input``. https://docs.pytorch.org/docs/stable/generated/torch.neg.html"""
    return -input


neg.vjp("input", lambda g: -g)


@pointwise("ConjBackward0")
def conj_physical(input: np.ndarray) -> np.ndarray:
    """The complex conjugate. https://docs.pytorch.org/docs/stable/generated/torch.conj_physical.html"""
    return np.conj(input)


@pointwise("SgnBackward0", promotion=real_part)
def absolute(input: np.ndarray) -> np.ndarray:
    """The absolute value. https://docs.pytorch.org/docs/stable/generated/torch.abs.html"""
    return np.abs(input)


def _conjugate(value: Any) -> Any:
    """The conjugate of a number or tensor; a real one is returned as it is."""
    if isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, complex):
        return value.conjugate()
    return conj_physical(value) if value.dtype.is_complex else value
