"""Integers that the common dtype cannot hold are what they are: nothing is equal to what differs from it."""

from __future__ import annotations

import operator
from collections.abc import Callable

import numpy as np
import pytest

from reference.dtypes import INT8, INT64
from reference.errors import Refusal
from reference.tensor import METHODS, Tensor
from reference.uncast import wrapping_integers
from tests.reference.gradients import tensor

COMPARISONS = {name: getattr(operator, name) for name in ("eq", "ne", "lt", "le", "gt", "ge")}


@pytest.mark.parametrize("number", [257, -255, 200, 2**63])
@pytest.mark.parametrize("name", COMPARISONS)
def test_an_integer_is_compared_as_it_is(name: str, number: int) -> None:
    given = np.array([0, 1, 5, 255], np.uint8)
    expected = [COMPARISONS[name](int(one), number) for one in given]
    assert METHODS[name](tensor(given, "uint8"), number).array.tolist() == expected
    if number < 2**63:
        assert METHODS[name](tensor(given, "uint8"), tensor(number, "int64")).array.tolist() == expected
        with wrapping_integers():
            wrapped = METHODS[name](tensor(given, "uint8"), number).array.tolist()
        assert (wrapped == expected) is (number == 200)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda x: METHODS["clamp"](x, -1, 257), [1, 100]),
        (lambda x: METHODS["clamp_min"](x, -1), [1, 100]),
        (lambda x: METHODS["clamp_max"](x, 257), [1, 100]),
        (lambda x: METHODS["maximum"](x, tensor(-1, "int64")), [1, 100]),
        (lambda x: METHODS["fmin"](x, tensor(257, "int64")), [1, 100]),
    ],
)
def test_a_bound_that_is_out_of_range_bounds_nothing(call: Callable[..., object], expected: list[int]) -> None:
    found = call(tensor([1, 100], "uint8"))
    assert (found.array.tolist(), found.dtype.name) == (expected, "uint8")  # type: ignore[attr-defined]


def test_what_would_be_out_of_range_is_left_open() -> None:
    with pytest.raises(Refusal) as refusal:
        METHODS["clamp"](tensor([1], "uint8"), 257)
    assert refusal.value.kind == "Unmodelled"
    assert METHODS["maximum"](tensor([1], "uint8"), tensor(257, "int64")).specified.tolist() == [False]


def test_no_integer_is_filled_with_the_first_number_beyond_it() -> None:
    assert METHODS["fill"](tensor([1], "int64"), 2.0**63 - 1024).array.tolist() == [2**63 - 1024]
    with pytest.raises(Refusal, match="overflow"):
        METHODS["fill"](tensor([1], "int64"), 2.0**63)


@pytest.mark.parametrize("count", [0, 1])
def test_a_number_that_is_not_held_is_left_open_where_nothing_needs_it(count: int) -> None:
    given, index = Tensor.of(np.zeros((2, 2)), INT8), Tensor.of(np.zeros(count), INT64)
    source = Tensor.of(np.zeros((count, 2)), INT8)
    with pytest.raises(Refusal) as refused:
        METHODS["index_add"](given, 0, index, source, alpha=300)
    assert (refused.value.kind == "Unmodelled") is not bool(count)
    with pytest.raises(Refusal) as refused:
        METHODS["scatter"](given, 0, Tensor.of(np.zeros((count, 2)), INT64), 300)
    assert (refused.value.kind == "Unmodelled") is not bool(count)
