"""Functions that pass over nan, and signalling nans, which they may not pass over."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference.dtypes import BFLOAT16, FLOAT16, FLOAT32, FLOAT64
from reference.function import Pointwise
from reference.tensor import Tensor

_DIGITS = {FLOAT16: 10, BFLOAT16: 7, FLOAT32: 23, FLOAT64: 52}


class PassesOverNan(Pointwise):
    """A function that is a number for some nan, but may be nan where that signals.

    maxNum of IEEE 754-2008, 5.3.1, is nan then, and so is a power whose exponent is zero (IEEE 754-2019, 9.2.1).
    """

    def compute(self, *args: Any, **kwargs: Any) -> Tensor:
        made = super().compute(*args, **kwargs)
        operands = (operand for operand in self.arguments(args, kwargs).values() if isinstance(operand, Tensor))
        signals = np.zeros(made.shape, np.bool_)
        for operand in operands:
            signals |= is_signalling(operand)
        made.leave_open(signals)
        return made


def is_signalling(tensor: Tensor) -> np.ndarray:
    """Whether each element is a nan without the first bit of its significand (IEEE 754-2019, 6.2.1).

    >>> bits = np.array([0x7FA00000, 0x7FC00000, 0x7F800000], np.uint32).view(np.float32)
    >>> is_signalling(Tensor.of(bits, FLOAT32))
    array([ True, False, False])
    """
    digits = _DIGITS.get(tensor.dtype)
    if digits is None:
        return np.zeros(tensor.shape, np.bool_)
    bits = tensor.array.view(f"u{tensor.dtype.itemsize}")
    quiet = bits >> bits.dtype.type(digits - 1) & bits.dtype.type(1)
    return np.asarray(np.isnan(tensor.array) & (quiet == 0))
