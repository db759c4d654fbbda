"""Differences, derivatives and areas by hand; the gradients by differences of their own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import reference as reference  # its modules register their functions
from reference.dtypes import BOOL, FLOAT32, FLOAT64, INT64, UINT8, DType
from reference.errors import Refusal
from reference.tensor import METHODS, Tensor
from tests.reference.gradients import Example, method, on

SQUARES = np.array([[0.0, 1, 4, 9, 16], [25, 16, 9, 4, 1]])
X = np.array([[0.7, -1.3, 0.4, 3.1], [2.1, 0.9, -0.6, 1.4], [1.0, 0.1, 0.8, -2.0]])
ROW = np.array([0.0, 1.5, 2.0, 4.0])
PLACES = np.array([0.0, 1, 3, 4, 8])


def test_a_difference_is_rounded_once_before_the_next_is_taken() -> None:
    """-0x1.82bf944bda70ap+10 less 0x1.d7a73f5ffe234p-16 lies so near to the middle of two numbers that extended
    precision rounds it there."""
    given = np.array(
        [float.fromhex(h) for h in ("-0x1.eb1abeb2da3b4p-23", "0x1.d7a73f5ffe234p-16", "-0x1.82bf944bda70ap+10")]
    )
    assert METHODS["diff"](Tensor.of(given, FLOAT64), 2).array.tolist() == np.diff(given, n=2).tolist()


def test_differences() -> None:
    given = Tensor.of(SQUARES, INT64)
    assert METHODS["diff"](given).array.tolist() == [[1, 3, 5, 7], [-9, -7, -5, -3]]
    assert METHODS["diff"](given, 2).array.tolist() == [[2, 2, 2], [2, 2, 2]]
    assert METHODS["diff"](given, 0).array.tolist() == SQUARES.tolist()
    assert METHODS["diff"](given, 9).shape == (2, 0)
    assert METHODS["diff"](given, dim=0).array.tolist() == [[25, 15, 5, -5, -15]]
    edge = Tensor.of(np.array([[100], [200]]), INT64)
    assert METHODS["diff"](given, 1, 1, edge, edge).array.tolist()[0] == [-100, 1, 3, 5, 7, 84]
    assert METHODS["diff"](Tensor.of(np.array([True, True, False]), BOOL)).array.tolist() == [False, True]
    assert METHODS["diff"](Tensor.of(np.array([1, 0]), UINT8)).array.tolist() == [255]


@pytest.mark.parametrize("edge_order", [1, 2])
def test_derivatives_of_a_parabola(edge_order: int) -> None:
    points = np.arange(5.0)
    (slope,) = METHODS["gradient"](Tensor.of(points**2 * 4, FLOAT64), spacing=2, edge_order=edge_order)
    inside = points[1:-1] * 4
    ends = [0, 16] if edge_order == 2 else [2, 14]
    assert slope.array.tolist() == [ends[0], *inside, ends[1]]


@pytest.mark.parametrize("edge_order", [1, 2])
@pytest.mark.parametrize("dtype", [FLOAT64, FLOAT32, INT64])
def test_derivatives_at_places(dtype: DType, edge_order: int) -> None:
    """Of a parabola exact inside, and at the ends too where these are of second order; as NumPy has them."""
    places = np.array([0, 1, 3, 4, 8])
    rows = np.stack([3 * places**2 - places, places])
    (slope,) = METHODS["gradient"](
        Tensor.of(rows, dtype), spacing=[Tensor.of(places, dtype)], dim=-1, edge_order=edge_order
    )
    exact = np.gradient(rows.astype(float), places, axis=1, edge_order=edge_order)
    np.testing.assert_allclose(slope.array, exact, rtol=1e-6)
    np.testing.assert_allclose(slope.array[0, 1:-1], 6 * places[1:-1] - 1, rtol=1e-6)
    if edge_order == 2:
        np.testing.assert_allclose(slope.array[0], 6 * places - 1, rtol=1e-6)


def test_derivatives_along_several_dimensions() -> None:
    plane = np.add.outer(np.arange(3.0) * 10, np.arange(4.0))
    down, across = METHODS["gradient"](Tensor.of(plane, FLOAT32), spacing=(10, 0.5))
    assert set(down.array.ravel().tolist()) == {1}
    assert set(across.array.ravel().tolist()) == {2}
    (only,) = METHODS["gradient"](Tensor.of(plane, INT64), dim=-1)
    assert only.dtype is FLOAT32


def test_areas() -> None:
    given = Tensor.of(SQUARES, FLOAT64)
    heights = (SQUARES[:, 1:] + SQUARES[:, :-1]) / 2
    places = Tensor.of(PLACES, FLOAT64)
    np.testing.assert_array_equal(METHODS["trapezoid"](given).array, heights.sum(axis=1))
    np.testing.assert_array_equal(METHODS["trapezoid"](given, dx=3).array, heights.sum(axis=1) * 3)
    np.testing.assert_array_equal(METHODS["trapezoid"](given, places).array, (heights * np.diff(PLACES)).sum(axis=1))
    running = np.cumsum(heights * np.diff(PLACES), axis=1)
    np.testing.assert_array_equal(METHODS["cumulative_trapezoid"](given, places).array, running)
    np.testing.assert_array_equal(METHODS["cumulative_trapezoid"](given, dx=0.5).array, np.cumsum(heights / 2, axis=1))
    assert METHODS["trapezoid"](Tensor.of(SQUARES, INT64), dim=0).array.tolist() == [12.5, 8.5, 6.5, 6.5, 8.5]
    assert METHODS["trapezoid"](Tensor.of(np.zeros((0, 2)), INT64), dim=0).dtype is FLOAT32


EXAMPLES = [
    method("diff", X, n=2, dim=0),
    on("diff between two", lambda x: METHODS["diff"](x, 1, 1, x, x[:, :1]), X),
    on("diff of order 0", lambda x: METHODS["diff"](x, 0) * x, X),
    on("gradient", lambda x: METHODS["gradient"](x, edge_order=2, spacing=0.5)[1] * x, X),
    on("gradient at places", lambda x, y: METHODS["gradient"](x, spacing=[y], dim=1)[0] * x, X, ROW),
    on(
        "gradient at places to second order",
        lambda x, y: METHODS["gradient"](x, spacing=[y], dim=1, edge_order=2)[0] * x,
        X,
        ROW,
    ),
    on("gradient along one", lambda x: METHODS["gradient"](x, dim=0)[0] * x, X),
    method("trapezoid", X, dim=0, dx=0.5),
    method("cumulative_trapezoid", X, dx=2),
    *(
        method(name, X, places, second=False)
        for name in ("trapezoid", "cumulative_trapezoid")
        for places in (X[::-1].copy() * 2, X[0])
    ),
]


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_gradients(example: Example) -> None:
    example.check()


@pytest.mark.parametrize(
    "call",
    [
        lambda x: METHODS["diff"](x, -1),
        lambda x: METHODS["diff"](x[0, 0]),
        lambda x: METHODS["diff"](x, 1, 1, x[:1]),
        lambda x: METHODS["diff"](x, 1, 1, x[0]),
        lambda x: METHODS["gradient"](x[:1]),
        lambda x: METHODS["gradient"](x, edge_order=3),
        lambda x: METHODS["gradient"](METHODS["to"](x, UINT8)),
        lambda x: METHODS["trapezoid"](x > 0),
        lambda x: METHODS["trapezoid"](x[0, 0]),
        lambda x: METHODS["trapezoid"](x, x[0, :2]),
    ],
)
def test_refusals(call: Any) -> None:
    with pytest.raises(Refusal):
        call(Tensor.of(X, FLOAT32))
