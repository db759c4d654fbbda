"""Divisors, multiples and shifts against Python's integers."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest

import reference as reference  # its modules register their functions
from reference.errors import Refusal
from reference.tensor import METHODS, Tensor
from tests.reference.gradients import tensor

EVERY = list(product(range(-128, 128), (-128, -127, -96, -7, -1, 0, 1, 6, 45, 127)))


def applied(name: str, dtype: str = "int8") -> Tensor:
    result: Tensor = METHODS[name](*(tensor(np.array(part), dtype) for part in zip(*EVERY, strict=True)))
    return result


@pytest.mark.parametrize(("name", "exact"), [("gcd", math.gcd), ("lcm", math.lcm)])
def test_divisors_and_multiples_in_range(name: str, exact: object) -> None:
    assert callable(exact)
    found = applied(name)
    promised = np.broadcast_to(found.specified, found.shape)
    for (a, b), value, is_promised in zip(EVERY, found.array, promised, strict=True):
        assert is_promised == (exact(a, b) < 128), (a, b)
        assert value == exact(a, b) or not is_promised, (a, b)


def test_the_largest_multiples_of_int64() -> None:
    a, b = 2**31 - 1, 2**32
    found = METHODS["lcm"](tensor([a, a * 2, 2**62], "int64"), tensor([b, b * 2, 3], "int64"))
    assert found.array[0] == a * b
    assert np.asarray(found.specified).tolist() == [True, False, False]


@pytest.mark.parametrize("places", range(8))
def test_shifts(places: int) -> None:
    every = tensor(np.arange(-128, 128), "int8")
    left = METHODS["bitwise_left_shift"](every, places).array
    assert left.tolist() == [(value * 2**places + 128) % 256 - 128 for value in range(-128, 128)]
    right = METHODS["bitwise_right_shift"](every, places).array
    assert right.tolist() == [value // 2**places for value in range(-128, 128)]


@pytest.mark.parametrize("places", [-1, 8])
def test_shifts_by_more_than_there_is_are_not_promised(places: int) -> None:
    for name in ("bitwise_left_shift", "bitwise_right_shift"):
        assert not np.any(METHODS[name](tensor([1, 2], "int8"), places).specified)


@pytest.mark.parametrize("name", ["gcd", "lcm", "bitwise_left_shift", "bitwise_right_shift"])
@pytest.mark.parametrize("dtype", ["bool", "float32", "complex64"])
def test_other_dtypes_are_refused(name: str, dtype: str) -> None:
    with pytest.raises(Refusal):
        METHODS[name](tensor([1], dtype), tensor([1], dtype))


@pytest.mark.parametrize(
    ("values", "dtype", "expected"), [([-128, 0, 127], "int8", [127, -1, -128]), ([True, False], "bool", [False, True])]
)
def test_invert(values: list[int], dtype: str, expected: list[int]) -> None:
    assert (~tensor(values, dtype)).array.tolist() == expected
    assert METHODS["invert"](tensor(values, dtype)).array.tolist() == expected


def test_the_operator_refuses_floats_with_a_type_error() -> None:
    with pytest.raises(Refusal) as refusal:
        METHODS["invert"](tensor([1.0], "float32"))
    assert refusal.value.kind == "TypeError"


@pytest.mark.parametrize("name", ["floor", "ceil", "trunc", "round"])
def test_what_is_whole_stays_as_it_is(name: str) -> None:
    ends = [-(2**63) + 1, 2**63 - 1]
    assert METHODS[name](tensor(ends, "int64")).array.tolist() == ends
