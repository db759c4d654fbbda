"""Covariance and correlation: by hand in fractions, against NumPy's, and their gradients by central differences."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import reference as reference  # its modules register their functions
from reference.dtypes import FLOAT64
from reference.errors import Refusal
from reference.tensor import METHODS
from tests.reference.gradients import assert_gradients, tensor

cov, corrcoef = METHODS["cov"], METHODS["corrcoef"]
X = np.array([[0.7, -1.3, 0.4, 2.0], [2.1, 0.9, -0.6, 1.5], [-0.3, 0.8, 1.7, 0.2]])
Z = X + 1j * X[::-1] ** 2
FREQUENCIES = np.array([1, 2, 0, 3])
WEIGHTS = np.array([0.5, 1.0, 2.0, 0.25])


def by_hand(rows: list[list[int]], times: list[int], correction: int) -> list[list[float]]:
    """The definition, each observation written as often as it counts."""
    repeated = [[Fraction(x) for x, count in zip(row, times, strict=True) for _ in range(count)] for row in rows]
    count = len(repeated[0])
    apart = [[x - sum(row) / count for x in row] for row in repeated]
    return [
        [float(sum(a * b for a, b in zip(one, other, strict=True)) / (count - correction)) for other in apart]
        for one in apart
    ]


@pytest.mark.parametrize("correction", [0, 1, 2, -1])
@pytest.mark.parametrize("dtype", ["int8", "uint8", "float64"])
def test_the_definition(dtype: str, correction: int) -> None:
    rows, times = [[100, 50, 100, 7], [1, 2, 3, 5]], [3, 1, 2, 1]
    found = cov(tensor(rows, dtype), correction=correction, fweights=tensor(times, "int8"))
    np.testing.assert_allclose(found.array, by_hand(rows, times, correction), rtol=1e-5)


@pytest.mark.parametrize("correction", [0, 1])
@pytest.mark.parametrize("weighing", [{}, {"fweights": FREQUENCIES}, {"aweights": WEIGHTS}])
@pytest.mark.parametrize("given", [X, Z, X[0], X[:1]], ids=["real", "complex", "vector", "one row"])
def test_covariance_is_that_of_numpy(given: np.ndarray, weighing: dict[str, Any], correction: int) -> None:
    found = cov(tensor(given), correction=correction, **{name: tensor(value) for name, value in weighing.items()})
    np.testing.assert_allclose(found.array, np.cov(given, ddof=correction, **weighing), rtol=1e-13)


def test_both_weights() -> None:
    found = cov(tensor(X), fweights=tensor(FREQUENCIES), aweights=tensor(WEIGHTS))
    np.testing.assert_allclose(found.array, np.cov(X, fweights=FREQUENCIES, aweights=WEIGHTS), rtol=1e-13)


@pytest.mark.parametrize("given", [X, Z, X[0]], ids=["real", "complex", "vector"])
def test_correlation_is_that_of_numpy(given: np.ndarray) -> None:
    np.testing.assert_allclose(corrcoef(tensor(given)).array, np.corrcoef(given), rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("call", [cov, corrcoef], ids=["cov", "corrcoef"])
def test_gradients(call: Any) -> None:
    assert_gradients(call, [X])
    assert_gradients(call, [Z])


def test_gradients_of_weights() -> None:
    assert_gradients(lambda x, weights: cov(x, aweights=weights, fweights=tensor(FREQUENCIES)), [X, WEIGHTS])


def test_of_nothing_and_of_one() -> None:
    assert cov(tensor(np.zeros((0, 3)))).shape == (0, 0)
    assert np.isnan(cov(tensor(np.zeros((2, 0)))).array).all()
    alone = cov(tensor(np.zeros((2, 1))))
    assert alone.specified is False
    assert corrcoef(tensor(np.array([1.0, 2.0]))).array == 1
    assert cov(tensor([1, 3], "int64"), aweights=tensor([1.0, 1.0], "float64")).dtype is FLOAT64


@pytest.mark.parametrize(
    "weighing",
    [
        {"fweights": tensor([1.0, 1.0, 1.0, 1.0])},
        {"fweights": tensor([1, 1, 1, -1])},
        {"fweights": tensor([1, 1, 1])},
        {"fweights": tensor([[1, 1, 1, 1]])},
        {"fweights": tensor([0, 0, 0, 0])},
        {"aweights": tensor([1, 1, 1, 1])},
        {"aweights": tensor([1.0, 1.0, 1.0, -1.0])},
        {"aweights": tensor([1.0, 1.0, 1.0, np.nan])},
    ],
)
def test_refused_weights(weighing: dict[str, Any]) -> None:
    with pytest.raises(Refusal):
        cov(tensor(X), **weighing)


@pytest.mark.parametrize("call", [cov, corrcoef], ids=["cov", "corrcoef"])
def test_refused_variables(call: Any) -> None:
    for refused in (tensor(np.zeros((2, 2, 2))), tensor([True, False])):
        with pytest.raises(Refusal):
            call(refused)
