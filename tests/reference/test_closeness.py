"""Equality and closeness, against the formulas in exact fractions and by trying every pair."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest

import reference as reference  # its modules register their functions
from reference.errors import Refusal
from reference.tensor import METHODS
from tests.reference.gradients import tensor

NUMBERS = (0.0, 1.0, -1.0, 1.25, 1.5, 100.0, 100.5, -100.5, 3e38)


@pytest.mark.parametrize(("rtol", "atol"), [(0.0, 0.0), (0.25, 0.0), (0.0, 0.5), (0.125, 0.375)])
def test_isclose_is_its_formula(rtol: float, atol: float) -> None:
    pairs = list(product(NUMBERS, NUMBERS))
    left, right = (tensor(np.array(part, np.float32)) for part in zip(*pairs, strict=True))
    found = METHODS["isclose"](left, right, rtol=rtol, atol=atol)
    decided = np.broadcast_to(found.specified, found.shape)
    assert decided.sum() > len(pairs) - 12
    for a, b, value, is_decided in zip(left.array, right.array, found.array, decided, strict=True):
        x, y = Fraction(float(a)), Fraction(float(b))
        near = abs(x - y) <= Fraction(atol) + Fraction(rtol) * abs(y)
        assert value == near or not is_decided, (a, b)


def test_what_the_tolerance_itself_decides_is_left_open() -> None:
    found = METHODS["isclose"](tensor([1.1, 2.0], "float32"), tensor([1.0, 1.0], "float32"), rtol=0.1, atol=0.0)
    assert np.asarray(found.specified).tolist() == [False, True]


@pytest.mark.parametrize("equal_nan", [False, True])
def test_what_is_not_finite_is_close_to_its_equal_alone(equal_nan: bool) -> None:
    a = tensor([np.inf, np.inf, np.nan, np.inf, np.nan], "float32")
    b = tensor([np.inf, -np.inf, np.nan, 1.0, 1.0], "float32")
    found = METHODS["isclose"](a, b, rtol=1.0, atol=1.0, equal_nan=equal_nan)
    assert found.array.tolist() == [True, False, equal_nan, False, False]
    assert METHODS["allclose"](a, a, equal_nan=equal_nan) is equal_nan


def test_tolerances_are_not_negative_and_dtypes_one() -> None:
    a = tensor([1.0], "float32")
    with pytest.raises(Refusal):
        METHODS["isclose"](a, a, rtol=-1.0)
    with pytest.raises(Refusal):
        METHODS["isclose"](a, tensor([1.0], "float64"))


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (([1, 2], "int8"), ([1.0, 2.0], "float64"), True),
        (([1, 2], "int8"), ([[1, 2]], "int8"), False),
        (([np.nan], "float32"), ([np.nan], "float32"), False),
        (([0.0], "float32"), ([-0.0], "float32"), True),
        (([], "float32"), ([], "float32"), True),
        (([1], "int8"), ([257], "int16"), False),
    ],
)
def test_equal(a: Any, b: Any, expected: bool) -> None:
    assert METHODS["equal"](tensor(*a), tensor(*b)) is expected


@pytest.mark.parametrize("invert", [False, True])
def test_isin_tries_every_element(invert: bool) -> None:
    elements, among = np.arange(12).reshape(3, 4) % 7, np.array([[5, 2], [9, 2]])
    found = METHODS["isin"](tensor(elements), tensor(among), invert=invert).array
    assert found.tolist() == [
        [(one in among.ravel().tolist()) is not invert for one in row] for row in elements.tolist()
    ]


def test_isin_of_numbers_and_of_nothing() -> None:
    assert METHODS["isin"](3, tensor([1, 3], "int8")).array.item() is True
    assert METHODS["isin"](tensor([44, 3], "int8"), 300).array.tolist() == [False, False]
    assert METHODS["isin"](tensor([1.0, np.nan], "float32"), tensor([np.nan], "float32")).array.tolist() == [False] * 2
    assert METHODS["isin"](tensor([1]), tensor([], "int64")).array.tolist() == [False]
    for refused in (lambda: METHODS["isin"](1, 2), lambda: METHODS["isin"](tensor([True]), tensor([True]))):
        with pytest.raises(Refusal):
            refused()


def test_the_tolerance_itself_is_within_it_where_nothing_is_rounded() -> None:
    left, right = tensor([2.5, -1.5, 2.6, 1 + 2.0**-20], "float32"), tensor([1.0, -0.5, 1.0, 0.0], "float32")
    found = METHODS["isclose"](left, right, rtol=0.5, atol=1.0)
    assert found.array.tolist()[:3] == [True, True, False]
    assert found.specified is True
    whole = METHODS["isclose"](tensor([7, 8], "int64"), tensor([4, 4], "int64"), rtol=0.5, atol=1.0)
    assert (whole.array.tolist(), whole.specified) == ([True, False], True)
