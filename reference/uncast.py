"""Functions that take integers as they are, also where the common dtype cannot hold them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from reference.dtypes import Category, DType, round_to
from reference.function import Check, Kernel, NodeName, Pointwise, Promotion, arithmetic
from reference.promotion import Number
from reference.tensor import Tensor

_wrap = False


@contextmanager
def wrapping_integers() -> Iterator[None]:
    """Within it, they are cast all the same, and wrap around.

    That is not how a library must behave; it tells which errors are due to it.
    """
    global _wrap
    earlier, _wrap = _wrap, True
    try:
        yield
    finally:
        _wrap = earlier


class OfIntegers(Pointwise):
    """A function of which integers are operands as they are, whatever the common dtype can hold.

    What counts less in promotion would wrap around in it, and what is computed of the rest is no sum or product, which
    wrap around alike. Where the value itself is out of range, nothing is promised.
    """

    def operand_array(self, operand: Tensor | Number, dtype: DType) -> np.ndarray:
        cast = super().operand_array(operand, dtype)
        if _wrap or dtype.category is not Category.INTEGRAL:
            return cast
        whole = operand.array if isinstance(operand, Tensor) else np.asarray(operand)
        return cast if np.array_equal(cast, whole) else whole

    def is_promised(
        self, values: np.ndarray, arrays: Sequence[Any], settings: Mapping[str, Any], out: DType
    ) -> np.ndarray | None:
        promised = super().is_promised(values, arrays, settings, out)
        if out.category is not Category.INTEGRAL or values.dtype == out.numpy:
            return promised
        fits = round_to(values, out) == values
        return fits if promised is None else promised & fits


def of_integers(
    node: NodeName = "", promotion: Promotion = arithmetic, check: Check | None = None
) -> Callable[[Kernel], Pointwise]:
    """The same of a function that takes integers as they are."""
    return lambda kernel: OfIntegers(kernel, node, promotion, check)
