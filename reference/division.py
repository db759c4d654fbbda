"""Division rounded down, and what it leaves. https://docs.pytorch.org/docs/stable/torch.html#pointwise-ops"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from reference.arithmetic import divided_integers, floored_quotient, quotient_fits, refuse_zero_divisor
from reference.checks import BOOL, COMPLEX, refuse_category
from reference.dtypes import DType
from reference.errors import refuse, refuse_type
from reference.function import Check
from reference.promotion import Number
from reference.tensor import METHODS, Tensor
from reference.uncast import of_integers


def _divides(name: str, *, numbers_first: bool = True) -> Check:
    """The check of a function that divides real numbers, of which integers by no zero."""

    def check(dtype: DType, arguments: Mapping[str, Any]) -> None:
        if not numbers_first and not isinstance(arguments["input"], Tensor):
            refuse_type(f"{name}() received an invalid combination of arguments")
        refuse_category(name, dtype, BOOL, COMPLEX)
        refuse_zero_divisor(dtype, arguments)

    return check


def _quotient(input: Tensor, other: Tensor, rounding_mode: str) -> Tensor:
    rounded: Tensor = METHODS["div"](input, other, rounding_mode=rounding_mode)
    return rounded


def _fmod_node(arguments: Mapping[str, Any]) -> str:
    return "FmodBackward1" if isinstance(arguments["other"], Tensor) else "FmodBackward0"


@of_integers(_fmod_node, check=_divides("fmod", numbers_first=False))
def fmod(input: np.ndarray, other: np.ndarray) -> np.ndarray:
    """What is left by division rounded towards zero, with the sign of ``input``: exact; nan over zero.

    Zero divisors of integers are refused. https://docs.pytorch.org/docs/stable/generated/torch.fmod.html
    """
    return np.fmod(input, other)


fmod.vjp("input", lambda g: g)
fmod.vjp("other", lambda g, input, other: -(g * _quotient(input, other, "trunc")))


def _remainder_node(arguments: Mapping[str, Any]) -> str:
    if not isinstance(arguments["input"], Tensor):
        return "NotImplemented"
    return "RemainderBackward1" if isinstance(arguments["other"], Tensor) else "RemainderBackward0"


@of_integers(_remainder_node, check=_divides("remainder"))
def remainder(input: np.ndarray, other: np.ndarray) -> np.ndarray:
    """What is left by division rounded down, as Python's ``%``, with the sign of ``other``; nan over zero.

    Zero divisors of integers are refused. https://docs.pytorch.org/docs/stable/generated/torch.remainder.html
    """
    left = np.fmod(input, other)
    return np.where((left != 0) & ((left < 0) != (other < 0)), left + other, left)


def _divisor_vjp(g: Tensor, input: Tensor | Number, other: Tensor) -> Tensor:
    if not isinstance(input, Tensor):
        refuse("derivative for aten::remainder is not implemented")
    return -(g * _quotient(input, other, "floor"))


remainder.vjp("input", lambda g: g)
remainder.vjp("other", _divisor_vjp)


@of_integers("NotImplemented", check=_divides("floor_divide"))
def floor_divide(input: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The quotient rounded down; torch gives it no derivative.

    Zero divisors of integers are refused. https://docs.pytorch.org/docs/stable/generated/torch.floor_divide.html
    """
    if input.dtype.kind in "iu":
        return divided_integers(input, other, "floor")
    return floored_quotient(input, other)


def _no_derivative(g: Tensor) -> Tensor:
    refuse("derivative for aten::floor_divide is not implemented")


floor_divide.promised = quotient_fits
floor_divide.vjp("input", _no_derivative)
floor_divide.vjp("other", _no_derivative)
