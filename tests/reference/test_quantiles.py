"""Quantiles against the manual's formulas row by row, places against Python's bisect, gradients by differences."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from typing import Any

import numpy as np
import pytest

import reference as reference  # its modules register their functions
from reference.dtypes import BFLOAT16, BOOL, FLOAT32, FLOAT64, INT32, INT64
from reference.errors import Refusal
from reference.tensor import METHODS, Tensor
from tests.reference.gradients import Example, method, tensor

NAN, INF = math.nan, math.inf
VALUES = np.array([[[1.5, -2.0, 3.0, 8.0, 0.0], [0.25, 3.0, -1.0, 2.0, 7.5]]])
X = np.array([[0.7, -1.3, 0.4, 3.1], [2.1, 0.9, -0.6, 1.4]])
PARTS = (0.0, 0.25, 0.4, 0.5, 0.875, 1.0)


def quantile(row: list[float], q: float, interpolation: str) -> float:
    """The manual's definition."""
    ordered = sorted(row)
    rank = q * (len(row) - 1)
    a, b = ordered[math.floor(rank)], ordered[math.ceil(rank)]
    if interpolation == "nearest":
        return ordered[round(rank)]
    formulas = {"linear": a + (b - a) * (rank % 1), "lower": a, "higher": b, "midpoint": (a + b) / 2}
    return formulas[interpolation]


@pytest.mark.parametrize("interpolation", ["linear", "lower", "higher", "midpoint", "nearest"])
@pytest.mark.parametrize("dim", [None, 1, 2])
def test_quantiles(dim: int | None, interpolation: str) -> None:
    parts = tensor(np.array(PARTS))
    result = METHODS["quantile"](Tensor.of(VALUES, FLOAT64), parts, dim, interpolation=interpolation)
    moved = VALUES.reshape(1, -1) if dim is None else np.moveaxis(VALUES, dim, -1)
    for number, q in enumerate(PARTS):
        one = METHODS["quantile"](Tensor.of(VALUES, FLOAT64), q, dim, interpolation=interpolation)
        np.testing.assert_array_equal(one.array, result.array[number])
        for place in np.ndindex(moved.shape[:-1]):
            found = result.array[number] if dim is None else result.array[(number, *place)]
            expected = quantile(moved[place].tolist(), q, interpolation)
            exact = (q * (moved.shape[-1] - 1)) % 0.5 == 0 or interpolation == "linear"
            assert not exact or found == pytest.approx(expected, rel=1e-14)


def test_shapes_and_layout() -> None:
    given = Tensor.of(np.ones((2, 3, 4)), FLOAT32)
    parts = Tensor.of(np.array([0.5, 0.25, 1]), FLOAT32)
    assert METHODS["quantile"](given, 0.5, keepdim=True).shape == (1, 1, 1)
    several = METHODS["quantile"](given, parts, 1, True)
    assert (several.shape, several.strides) == ((3, 2, 1, 4), (1, 12, 12, 3))
    assert METHODS["quantile"](Tensor.of(np.array(2.0), FLOAT32), parts).array.tolist() == [2, 2, 2]


def test_nan_is_the_quantile_unless_ignored() -> None:
    given = Tensor.of(np.array([[NAN, 1, 2], [3, 1, 2], [NAN, NAN, NAN]]), FLOAT32)
    np.testing.assert_array_equal(METHODS["quantile"](given, 0.5, 1).array, [NAN, 2, NAN])
    np.testing.assert_array_equal(METHODS["nanquantile"](given, 0.5, 1).array, [1.5, 2, NAN])


def test_a_data_point_is_itself_and_what_lies_beside_an_infinity_is_open() -> None:
    given = Tensor.of(np.array([1.0, INF, INF]), FLOAT32)
    result = METHODS["quantile"](given, Tensor.of(np.array([0.5, 0.25, 0.0]), FLOAT32))
    assert result.specified.tolist() == [True, False, True]
    assert result.array[[0, 2]].tolist() == [INF, 1]


def test_a_rank_that_is_rounded_across_an_integer_is_open() -> None:
    given = Tensor.of(np.arange(11.0), FLOAT32)
    assert METHODS["quantile"](given, 0.1, interpolation="lower").specified.tolist() is False
    assert METHODS["quantile"](given, 0.25, interpolation="lower").specified is True


NAMES, DIMS = ("quantile", "nanquantile"), (None, 0, 1)
EXAMPLES = [
    *(method(name, X, np.array([0.45, 0.8]), dim=dim, second=False) for name in NAMES for dim in DIMS),
    *(
        method(name, X, q=0.45, dim=dim, interpolation=interpolation, second=False)
        for name in NAMES
        for dim in DIMS
        for interpolation in ("linear", "midpoint", "nearest")
    ),
    method("nanquantile", np.array([[1.0, NAN, 3.0], [2.0, 5.0, 4.0]]), q=0.3, dim=1, second=False),
]


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_gradients(example: Example) -> None:
    example.check()


@pytest.mark.parametrize("interpolation", ["midpoint", "nearest"])
@pytest.mark.parametrize("name", NAMES)
def test_between_its_jumps_a_result_does_not_move_with_the_part(name: str, interpolation: str) -> None:
    parts = tensor(np.array([0.45, 0.8]), requires_grad=True)
    assert not METHODS[name](tensor(X), parts, interpolation=interpolation).requires_grad


@pytest.mark.parametrize("right", [False, True])
def test_places(right: bool) -> None:
    rows = np.array([[1.0, 2, 2, 5], [-1, 0, 0.5, 0.5]])
    sought = np.array([[2.0, 0, 9], [0.5, -7, 0]])
    bisect = bisect_right if right else bisect_left
    found = METHODS["searchsorted"](Tensor.of(rows, BFLOAT16), Tensor.of(sought, BFLOAT16), right=right)
    expected = [[bisect(row.tolist(), value) for value in values] for row, values in zip(rows, sought, strict=True)]
    assert found.array.tolist() == expected
    one = METHODS["bucketize"](Tensor.of(sought, FLOAT32), Tensor.of(rows[0], FLOAT32), right=right, out_int32=True)
    assert one.dtype is INT32
    assert one.array.tolist() == [[bisect(rows[0].tolist(), value) for value in values] for values in sought]


def test_places_by_a_sorter_and_of_numbers() -> None:
    sequence, sorter = Tensor.of(np.array([5, 1, 3]), INT64), Tensor.of(np.array([1, 2, 0]), INT64)
    assert METHODS["searchsorted"](sequence, Tensor.of(np.array([3, 6]), INT64), sorter=sorter).array.tolist() == [1, 3]
    assert METHODS["searchsorted"](sequence, 4, sorter=sorter).item() == 2
    assert METHODS["searchsorted"](Tensor.of(np.array([1, 3, 5]), INT64), 3, side="right").item() == 2
    mixed = METHODS["searchsorted"](Tensor.of(np.array([1, 3, 5]), INT64), Tensor.of(np.array([2.5]), FLOAT32))
    assert mixed.array.tolist() == [1]


@pytest.mark.parametrize(
    "call",
    [
        lambda x: METHODS["quantile"](x, 1.5),
        lambda x: METHODS["quantile"](x, Tensor.of(np.array([[0.5]]), FLOAT32)),
        lambda x: METHODS["quantile"](x, Tensor.of(np.array([0.5]), FLOAT64)),
        lambda x: METHODS["quantile"](x, 0.5, interpolation="centre"),
        lambda x: METHODS["quantile"](METHODS["to"](x, BFLOAT16), 0.5),
        lambda x: METHODS["quantile"](x[:0], 0.5),
        lambda x: METHODS["searchsorted"](x, x, side="middle"),
        lambda x: METHODS["searchsorted"](x, x, side="left", right=True),
        lambda x: METHODS["searchsorted"](x.reshape(1, 3), x.reshape(3, 1)),
        lambda x: METHODS["searchsorted"](x.reshape(1, 3), 2),
        lambda x: METHODS["bucketize"](x, x.reshape(1, 3)),
        lambda x: METHODS["searchsorted"](METHODS["to"](x, BOOL), METHODS["to"](x, BOOL)),
    ],
)
def test_refusals(call: Any) -> None:
    with pytest.raises(Refusal):
        call(Tensor.of(np.array([1.0, 2.0, 3.0]), FLOAT32))
