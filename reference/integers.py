"""Functions of integers: common divisors and multiples, shifts.

https://docs.pytorch.org/docs/stable/torch.html#pointwise-ops
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from reference.checks import BOOL, COMPLEX, forbids
from reference.comparison import tensors_only
from reference.dtypes import Category, DType
from reference.function import Check, pointwise


def _of_integers(name: str) -> Check:
    kinds = forbids(name, BOOL, Category.FLOATING, COMPLEX)

    def check(dtype: DType, arguments: Mapping[str, Any]) -> None:
        tensors_only(name)(dtype, arguments)
        kinds(dtype, arguments)

    return check


@pointwise(check=_of_integers("gcd"))
def gcd(input: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The greatest common divisor, not negative; 0 of zeros. https://docs.pytorch.org/docs/stable/generated/torch.gcd.html"""
    return np.gcd(input, other)


def _divisor_fits(input: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Where the divisor is in range: it is not where both are the lowest integer, or one is and the other zero."""
    return np.asarray(np.gcd(input, other) >= 0)


gcd.promised = _divisor_fits


@pointwise(check=_of_integers("lcm"))
def lcm(input: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The least common multiple, not negative; 0 of a zero. https://docs.pytorch.org/docs/stable/generated/torch.lcm.html"""
    return np.lcm(input, other)


def _multiple_fits(input: np.ndarray, other: np.ndarray) -> np.ndarray:
    # A long double has 64 digits: the product of two int64 is rounded only where it is out of range anyway.
    first, second = np.abs(input.astype(np.longdouble)), np.abs(other.astype(np.longdouble))
    divisor = np.maximum(np.abs(np.gcd(input, other).astype(np.longdouble)), 1)
    return np.asarray(first / divisor * second <= np.iinfo(input.dtype).max)


lcm.promised = _multiple_fits


def _within_width(input: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Where a shift is by at least 0 and fewer bits than the integers have: the manual leaves any other open."""
    return np.asarray((other >= 0) & (other < 8 * input.dtype.itemsize))


@pointwise(check=forbids("lshift", BOOL, Category.FLOATING, COMPLEX))
def bitwise_left_shift(input: np.ndarray, other: np.ndarray) -> np.ndarray:
    """``input << other``: bits beyond the dtype's are lost.

    https://docs.pytorch.org/docs/stable/generated/torch.bitwise_left_shift.html
    """
    return np.left_shift(input, other)


@pointwise(check=forbids("rshift", BOOL, Category.FLOATING, COMPLEX))
def bitwise_right_shift(input: np.ndarray, other: np.ndarray) -> np.ndarray:
    """``input >> other``, rounded down: the sign is shifted in.

    https://docs.pytorch.org/docs/stable/generated/torch.bitwise_right_shift.html
    """
    return np.right_shift(input, other)


bitwise_left_shift.promised = _within_width
bitwise_right_shift.promised = _within_width
