"""Distances against Python's own sums, powers against repeated multiplication."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import reference as reference  # its modules register their functions
from reference.dtypes import BOOL, FLOAT16, FLOAT32, FLOAT64, INT8, INT64
from reference.errors import Refusal
from reference.tensor import METHODS, Tensor
from tests.reference.gradients import Example, method

RANDOM = np.random.default_rng(0)
ORDERS = (0.0, 1.0, 2.0, 3.0, math.inf)


def tensor(array: Any) -> Tensor:
    return Tensor.of(np.asarray(array, np.float64), FLOAT64)


def distance(row: Any, other: Any, p: float) -> float:
    apart = [abs(a - b) for a, b in zip(row, other, strict=True)]
    if p == 0:
        return sum(each != 0 for each in apart)
    return max(apart) if math.isinf(p) else math.fsum(each**p for each in apart) ** (1 / p)


@pytest.mark.parametrize("p", ORDERS)
def test_every_row_is_compared_with_every_other(p: float) -> None:
    x, y = RANDOM.integers(-3, 4, (4, 3)), RANDOM.integers(-3, 4, (5, 3))
    found = METHODS["cdist"](tensor(x), tensor(y), p)
    expected = [[distance(row, other, p) for other in y.tolist()] for row in x.tolist()]
    np.testing.assert_allclose(found.array, expected, rtol=1e-15)


def test_batches_are_broadcast() -> None:
    x, y = RANDOM.normal(size=(2, 1, 4, 3)), RANDOM.normal(size=(3, 5, 3))
    found = METHODS["cdist"](tensor(x), tensor(y))
    assert found.shape == (2, 3, 4, 5)
    np.testing.assert_array_equal(found.array[1, 2], METHODS["cdist"](tensor(x[1, 0]), tensor(y[2])).array)


@pytest.mark.parametrize("p", ORDERS)
def test_distances_of_nothing_are_zero(p: float) -> None:
    assert METHODS["cdist"](tensor(np.zeros((2, 0))), tensor(np.zeros((1, 0))), p).array.tolist() == [[0], [0]]


EXAMPLES = [
    method("cdist", RANDOM.normal(size=(*batch, 3, 2)), RANDOM.normal(size=(*batch, 2, 2)), p=p, second=False)
    for p in (1.0, 2.0, 3.0)
    for batch in ((), (2,))
]


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_the_gradient_of_distances(example: Example) -> None:
    example.check()


def test_what_has_no_distance_is_refused() -> None:
    x = Tensor.of(np.zeros((2, 3)), FLOAT32)
    for other, p in ((tensor(np.zeros(3)), 2), (Tensor.of(np.zeros((2, 4)), FLOAT32), 2), (x, -1)):
        with pytest.raises(Refusal):
            METHODS["cdist"](x, other, p)
    for dtype in (INT8, FLOAT16):
        given = Tensor.of(np.zeros((2, 3)), dtype)
        with pytest.raises(Refusal):
            METHODS["cdist"](given, given)


def test_powers() -> None:
    x = Tensor.of(np.array([2, 3, -1]), INT8)
    falling = METHODS["vander"](x, 4)
    assert (falling.dtype, falling.array.tolist()) == (INT64, [[8, 4, 2, 1], [27, 9, 3, 1], [-1, 1, -1, 1]])
    assert METHODS["vander"](x, 4, True).array.tolist() == [row[::-1] for row in falling.array.tolist()]
    assert METHODS["vander"](x).shape == (3, 3)
    assert METHODS["vander"](x, 0).shape == (3, 0)
    assert METHODS["vander"](Tensor.of(np.array([True, False]), BOOL)).array.tolist() == [[1, 1], [0, 1]]
    for wrong in ((tensor([[1.0]]), None), (x, -1)):
        with pytest.raises(Refusal):
            METHODS["vander"](*wrong)
