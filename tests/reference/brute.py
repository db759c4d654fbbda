"""A tensor as a list of storage addresses, one for each element, without the reference's own arithmetic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np

from reference.dtypes import FLOAT64, DType
from reference.storage import Storage
from reference.tensor import Tensor

LAYOUTS = (
    ((2, 3, 4), (12, 4, 1), 0),
    ((2, 3, 4), (1, 2, 6), 1),
    ((2, 3, 4), (24, 8, 2), 3),
    ((3, 1, 4), (4, 7, 1), 2),
    ((2, 1, 3), (0, 5, 1), 0),
    ((4, 4), (1, 4), 0),
    ((1, 6), (1, 1), 4),
    ((5,), (3,), 1),
    ((0, 3), (3, 1), 0),
    ((2, 0, 2), (2, 2, 1), 1),
    ((), (), 2),
)
"""Shapes, strides and offsets: row-major, transposed, spread, expanded, empty, 0-d."""


def strided(shape: tuple[int, ...], strides: tuple[int, ...], offset: int, dtype: DType = FLOAT64) -> Tensor:
    """A tensor of that layout whose elements are the numbers of their places, over a storage one too long."""
    reach = 1 + sum((size - 1) * step for size, step in zip(shape, strides, strict=True)) if 0 not in shape else 0
    memory = np.arange(offset + reach + 1).astype(dtype.numpy)
    return Tensor(Storage.of(memory), dtype, shape, strides, offset)


def places(shape: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Every index of a shape, the last dimension fastest."""
    return product(*(range(size) for size in shape))


def address(tensor: Tensor, place: Sequence[int]) -> int:
    """Where an element lies in the storage."""
    return tensor.offset + sum(index * step for index, step in zip(place, tensor.strides, strict=True))


def addresses(tensor: Tensor) -> list[int]:
    """Where every element lies, in row-major order."""
    return [address(tensor, place) for place in places(tensor.shape)]
