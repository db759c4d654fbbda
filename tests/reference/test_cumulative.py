"""Running products, extremes and logarithms of sums against loops; the gradients against central differences."""

from __future__ import annotations

import cmath
import math
from typing import Any

import numpy as np
import pytest

import reference as reference  # its modules register their functions
from reference.cumulative import cumprod_, cumsum_
from reference.dtypes import BOOL, COMPLEX128, FLOAT32, FLOAT64, INT8, INT64
from reference.errors import Refusal
from reference.tensor import METHODS, Tensor
from tests.reference.gradients import Example, method

NAN = math.nan
VALUES = np.array([[[1.5, -2.0, 3.0], [0.25, 3.0, -1.0]], [[4.0, 0.5, 0.5], [-8.0, 2.0, 7.0]]])
X = np.array([[0.7, -1.3, 0.4], [2.1, 0.9, -0.6]])
Y = np.array([[1.1, 0.5, -0.8], [-1.7, 1.3, 0.35]])


def prefixes(array: np.ndarray, dim: int) -> Any:
    """Each place of an array with the elements up to it along ``dim``."""
    moved = np.moveaxis(array, dim, -1)
    for place in np.ndindex(moved.shape):
        yield place, moved[(*place[:-1], slice(0, place[-1] + 1))].tolist()


@pytest.mark.parametrize("dim", [0, 1, 2, -1])
def test_running_products_and_logarithms(dim: int) -> None:
    products = np.moveaxis(METHODS["cumprod"](Tensor.of(VALUES, FLOAT64), dim).array, dim, -1)
    logarithms = np.moveaxis(METHODS["logcumsumexp"](Tensor.of(VALUES, FLOAT64), dim).array, dim, -1)
    for place, before in prefixes(VALUES, dim):
        assert products[place] == math.prod(before)
        assert logarithms[place] == pytest.approx(math.log(sum(map(math.exp, before))), rel=1e-14)


@pytest.mark.parametrize(("name", "best"), [("cummax", max), ("cummin", min)])
@pytest.mark.parametrize("dim", [0, 2])
def test_running_extremes(name: str, best: Any, dim: int) -> None:
    given = np.array([[[1.0, 3, 3, 2], [0, -0.0, 5, 5]], [[2, NAN, 7, NAN], [1, 1, 1, 1]]])
    values, indices = (result.array for result in METHODS[name](Tensor.of(given, FLOAT32), dim))
    specified = np.broadcast_to(METHODS[name](Tensor.of(given, FLOAT32), dim)[1].specified, given.shape)
    values, indices, specified = (np.moveaxis(one, dim, -1) for one in (values, indices, specified))
    for place, before in prefixes(given, dim):
        missing = [one for one in before if one != one]
        expected = missing[0] if missing else best(before)
        np.testing.assert_array_equal(values[place], expected)
        np.testing.assert_array_equal(before[indices[place]], expected)
        equal = sum(one == expected or (one != one and expected != expected) for one in before)
        assert bool(specified[place]) == (equal == 1)


def test_logarithms_of_infinities() -> None:
    rows = np.array([[-np.inf, -np.inf, 1.0, np.inf], [1.0, NAN, 2.0, 3.0]])
    result = METHODS["logcumsumexp"](Tensor.of(rows, FLOAT64), 1).array
    np.testing.assert_array_equal(result, [[-np.inf, -np.inf, 1.0, np.inf], [1.0, NAN, NAN, NAN]])


def test_a_complex_logarithm_is_open_up_to_turns() -> None:
    row = np.array([0.5 + 1j, 0.25 - 0.5j, 1 + 3j, 0.5])
    result = METHODS["logcumsumexp"](Tensor.of(row, COMPLEX128), 0)
    assert result.specified.tolist() == [True, True, False, False]
    for place, before in prefixes(row, 0):
        assert cmath.exp(result.array[place]) == pytest.approx(sum(map(cmath.exp, before)), rel=1e-14)


def test_a_complex_sum_forgets_nothing_for_what_follows_it() -> None:
    """Beside the last, the first exponentials are zero in any range."""
    row = np.array([0.5 + 1j, 0.25, -3e9 - 0.5j, 2 - 1j, 4e9, 1e10 + 1j])
    result = METHODS["logcumsumexp"](Tensor.of(np.stack([row, row[::-1]], 1), COMPLEX128), 0).array
    for place, before in prefixes(row[[0, 1, 3]], 0):
        assert result[(0, 1, 3)[place[0]], 0] == pytest.approx(cmath.log(sum(map(cmath.exp, before))), rel=1e-14)
    assert result[[4, 5], 0].tolist() == row[[4, 5]].tolist()
    assert result[:, 1].tolist() == [row[-1]] * len(row)


def test_integers_multiply_in_int64_and_in_place_in_their_own_dtype() -> None:
    given = Tensor.of(np.array([100, 3, 2]), INT8)
    assert METHODS["cumprod"](given, 0).dtype is INT64
    assert METHODS["cumprod"](given, 0, dtype=FLOAT32).array.tolist() == [100, 300, 600]
    assert cumprod_(given, 0).array.tolist() == [100, 300 - 256, 600 - 512]
    assert cumsum_(given, 0, dtype=INT8).dtype is INT8


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (lambda x: METHODS["cumprod"](x, 2), "IndexError"),
        (lambda x: METHODS["cummax"](x, -3), "IndexError"),
        (lambda x: METHODS["cumprod"](x, 0, dtype=BOOL), "NotImplementedError"),
        (lambda x: METHODS["cumsum"](x, 0, dtype=BOOL), "NotImplementedError"),
        (lambda x: METHODS["cummin"](METHODS["to"](x, COMPLEX128), 0), "NotImplementedError"),
        (lambda x: METHODS["logcumsumexp"](METHODS["to"](x, INT8), 0), "NotImplementedError"),
        (lambda x: cumprod_(x, 0, dtype=FLOAT64), "RuntimeError"),
    ],
)
def test_refusals(call: Any, kind: str) -> None:
    with pytest.raises(Refusal) as refusal:
        call(Tensor.of(np.ones((2, 3)), FLOAT32))
    assert refusal.value.kind == kind


EXAMPLES = [
    *(method(name, X, dim=dim) for name in ("cumprod", "cummax", "cummin", "logcumsumexp") for dim in (0, 1)),
    *(method(name, X + 1j * Y, dim=1, second=False) for name in ("cumprod", "logcumsumexp")),
    method("cumprod", np.array([[0.0, 2, 0, 3], [1, 0, 5, 7]]), dim=1, second=False),
]


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_gradients(example: Example) -> None:
    example.check()
