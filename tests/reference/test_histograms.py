"""Bins against NumPy's, and what NumPy has no word for by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import reference as reference  # its modules register their functions
from reference.autograd.engine import backward
from reference.dtypes import BFLOAT16, FLOAT16, FLOAT32, INT64
from reference.errors import Refusal
from reference.tensor import METHODS, Tensor
from tests.reference.gradients import tensor

histc, histogram, histogramdd = METHODS["histc"], METHODS["histogram"], METHODS["histogramdd"]
VALUES = np.array([0.0, 1, 2, 4, 4.5, -1, math.nan, 3.9])
POINTS = np.array([[0.5, 1.5], [1.0, 3.0], [2.5, 0.25], [4.0, 4.0], [4.5, 1.0], [1.0, math.nan], [0.0, 0.0]])
WEIGHTS = np.array([2.0, 3, -1, 5, 7, 11, 1])
EDGES = [np.array([0.0, 1, 4]), np.array([-1.0, 0, 2, 3, 4])]


def test_histc() -> None:
    given = Tensor.of(VALUES, FLOAT32)
    counts = histc(given, 4, 0, 4)
    assert counts.array.tolist() == [1, 1, 1, 2]
    assert counts.specified
    assert histc(Tensor.of(np.array([1.0, 1]), FLOAT32), 2).array.tolist() == [0, 2]
    assert histc(Tensor.of(np.array([0.0, 1.2, 3]), FLOAT32), 7).array.sum() == 3


def test_what_lies_beside_an_edge_that_is_rounded_is_open() -> None:
    assert not histc(Tensor.of(np.array([0.0, 1, 3]), FLOAT32), 9).specified
    assert histc(Tensor.of(np.array([0.0, 3]), FLOAT32), 9).specified, "the first and the last edge are exact"
    assert not histogram(tensor(np.array([-5e-324])), 2)[0].specified, "half a one, less that, is a half"
    beside_an_edge = np.array([0.96875])  # 8.96875 from the first edge, which bfloat16 rounds to 9
    assert not histc(Tensor.of(beside_an_edge, BFLOAT16), 4, -8, 4).specified
    assert histc(Tensor.of(beside_an_edge, FLOAT32), 4, -8, 4).specified


@pytest.mark.parametrize("density", [False, True])
@pytest.mark.parametrize("weight", [None, WEIGHTS])
@pytest.mark.parametrize("bins", [4, 8, EDGES[0], EDGES[1]], ids=["4", "8", "edges", "more edges"])
def test_histogram_is_that_of_numpy(bins: Any, weight: np.ndarray | None, density: bool) -> None:
    given = POINTS[:, 0]
    settings: dict[str, Any] = {"density": density}
    settings |= {"range": (0.0, 4.0)} if isinstance(bins, int) else {}
    wanted, edges = np.histogram(given, bins, weights=weight, **settings)
    weighing = {} if weight is None else {"weight": tensor(weight)}
    found, found_edges = histogram(
        tensor(given), bins if isinstance(bins, int) else tensor(bins), **settings, **weighing
    )
    np.testing.assert_allclose(found.array, wanted, rtol=1e-15)
    np.testing.assert_array_equal(found_edges.array, edges)


@pytest.mark.parametrize("density", [False, True])
@pytest.mark.parametrize("weight", [None, WEIGHTS])
@pytest.mark.parametrize("given", [True, False], ids=["edges", "ranges"])
def test_histogramdd_is_that_of_numpy(given: bool, weight: np.ndarray | None, density: bool) -> None:
    weighing = {} if weight is None else {"weight": tensor(weight)}
    known = ~np.isnan(POINTS).any(axis=1)
    weights = None if weight is None else weight[known]
    if given:
        wanted, edges = np.histogramdd(POINTS[known], EDGES, weights=weights, density=density)
        found = histogramdd(tensor(POINTS), [tensor(one) for one in EDGES], density=density, **weighing)
    else:
        wanted, edges = np.histogramdd(POINTS[known], [2, 4], ((0, 4), (0, 2)), weights=weights, density=density)
        found = histogramdd(tensor(POINTS), [2, 4], range=[0.0, 4.0, 0.0, 2.0], density=density, **weighing)
    np.testing.assert_allclose(found[0].array, wanted, rtol=1e-15)
    for one, other in zip(found[1], edges, strict=True):
        np.testing.assert_array_equal(one.array, other)


def test_the_extent_is_from_the_smallest_to_the_largest() -> None:
    _, edges = histogram(tensor(np.array([3.0, 1, 2])), 2)
    assert edges.array.tolist() == [1, 2, 3]
    assert histogram(tensor(np.array([3.0, 3])), 2)[1].array.tolist() == [2.5, 3, 3.5]
    assert histogram(tensor(np.zeros(0)), 2)[1].array.tolist() == [0, 0.5, 1]
    counts, edges = histogram(Tensor.of(np.array([3e38]), FLOAT32), 2)
    assert (counts.specified, edges.specified) == (False, False), "a half is nothing to 3e38"


def test_one_number_of_bins_serves_all_dimensions() -> None:
    counts, edges = histogramdd(tensor(np.ones((2, 5, 3))), 2)
    assert counts.array.tolist() == [[[0, 0], [0, 0]], [[0, 0], [0, 10]]]
    assert [one.array.tolist() for one in edges] == [[0.5, 1, 1.5]] * 3


def test_counts_of_16_bits_do_not_stop() -> None:
    assert histogram(Tensor.of(np.ones(1000), BFLOAT16), 1, range=(0.0, 2.0))[0].array.tolist() == [1000]


def test_given_edges_are_returned_and_nothing_is_differentiable() -> None:
    x = tensor(POINTS, requires_grad=True)
    edges = [tensor(one) for one in EDGES]
    counts, returned = histogramdd(x, edges)
    assert all(one is other for one, other in zip(edges, returned, strict=True))
    with pytest.raises(Refusal):
        backward(counts.sum())


ROW = np.array([1.0, 2.0])


@pytest.mark.parametrize(
    "call",
    [
        lambda: histc(tensor(ROW), 0),
        lambda: histc(tensor(ROW), 3, 1, 0),
        lambda: histc(tensor(ROW), 3, 0, math.inf),
        lambda: histc(tensor(np.array([math.nan]))),
        lambda: histc(METHODS["to"](tensor(ROW), INT64)),
        lambda: histogram(tensor(ROW), 0),
        lambda: histogram(tensor(ROW), 2, range=(1.0, 0.0)),
        lambda: histogram(tensor(ROW), 2, range=(1.0,)),
        lambda: histogram(tensor(ROW), 2, range=(1.0, math.inf)),
        lambda: histogram(tensor(ROW * math.inf), 2),
        lambda: histogram(Tensor.of(ROW, FLOAT16), 2),
        lambda: histogram(tensor(np.array([1, 2])), 2, range=(0.0, 1.0)),
        lambda: histogram(tensor(ROW), tensor(ROW[:1])),
        lambda: histogram(tensor(ROW), tensor(ROW[:, None])),
        lambda: histogram(tensor(ROW), Tensor.of(ROW, FLOAT32)),
        lambda: histogram(tensor(ROW), 2, weight=tensor(POINTS)),
        lambda: histogram(tensor(ROW), 2, weight=Tensor.of(ROW, FLOAT32)),
        lambda: histogramdd(tensor(ROW), [2]),
        lambda: histogramdd(tensor(POINTS), [2]),
        lambda: histogramdd(tensor(POINTS), [2, 2], range=[0.0, 1.0]),
    ],
)
def test_refusals(call: Any) -> None:
    with pytest.raises(Refusal):
        call()
