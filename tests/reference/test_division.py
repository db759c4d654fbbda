"""Division rounded down and what it leaves, against exact fractions."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest

import reference as reference  # its modules register their functions
from reference.arithmetic import number_over
from reference.errors import Refusal
from reference.tensor import METHODS
from tests.reference.gradients import tensor

INTEGERS = (-128, -127, -7, -3, -2, 1, 2, 3, 5, 127)
FLOATS = (7.5, -7.5, 0.1, -0.1, 3.0, 1e30, -2.5e-40, 1.5, -16777216.0)


def floored(a: Fraction, b: Fraction) -> Fraction:
    return Fraction(math.floor(a / b))


def cut(a: Fraction, b: Fraction) -> Fraction:
    return Fraction(math.trunc(a / b))


EXACT: dict[str, Callable[[Fraction, Fraction], Fraction]] = {
    "floor_divide": floored,
    "remainder": lambda a, b: a - b * floored(a, b),
    "fmod": lambda a, b: a - b * cut(a, b),
}


@pytest.mark.parametrize("name", EXACT)
def test_integers(name: str) -> None:
    exact = {(a, b): EXACT[name](Fraction(a), Fraction(b)) for a, b in product((0, *INTEGERS), INTEGERS)}
    pairs = [pair for pair, value in exact.items() if -128 <= value < 128]
    assert len(pairs) > 100
    found = METHODS[name](*(tensor(np.array(part, np.int8)) for part in zip(*pairs, strict=True))).array
    assert found.tolist() == [exact[pair] for pair in pairs]


@pytest.mark.parametrize("name", EXACT)
def test_floats_are_rounded_once(name: str) -> None:
    """float32 of the exact result: what is left is of few digits, a quotient may be of any number."""
    pairs = [(np.float32(a), np.float32(b)) for a, b in product(FLOATS, FLOATS)]
    found = METHODS[name](*(tensor(np.array(part, np.float32)) for part in zip(*pairs, strict=True))).array
    for (a, b), value in zip(pairs, found, strict=True):
        exact = EXACT[name](Fraction(float(a)), Fraction(float(b)))
        if abs(exact) < 2**128:
            slack = (
                2 * np.spacing(np.float32(abs(float(exact)))) if name == "floor_divide" and abs(exact) > 2**24 else 0
            )
            assert abs(float(value) - float(np.float32(float(exact)))) <= slack, f"{name}({a!r}, {b!r})"


@pytest.mark.parametrize(
    ("name", "a", "b", "expected"),
    [
        ("fmod", 1.0, 0.0, np.nan),
        ("remainder", 1.0, 0.0, np.nan),
        ("floor_divide", 1.0, 0.0, np.inf),
        ("floor_divide", 0.0, 0.0, np.nan),
        ("floor_divide", 1.0, -np.inf, -1.0),
        ("fmod", -1.0, np.inf, -1.0),
        ("remainder", 1.0, -np.inf, -np.inf),
        ("fmod", -4.0, 2.0, -0.0),
        ("floor_divide", -0.0, 2.0, -0.0),
    ],
)
def test_special_values(name: str, a: float, b: float, expected: float) -> None:
    found = METHODS[name](tensor([a], "float32"), tensor([b], "float32")).array[0]
    assert np.isnan(found) if np.isnan(expected) else found == expected
    assert np.isnan(expected) or np.signbit(found) == np.signbit(expected)


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize(
    ("dtype", "divisor", "kind"),
    [("int32", 0, "RuntimeError"), ("bool", True, "NotImplementedError"), ("complex64", 1, "NotImplementedError")],
)
def test_refusals(name: str, dtype: str, divisor: Any, kind: str) -> None:
    with pytest.raises(Refusal) as refusal:
        METHODS[name](tensor([1], dtype), tensor([divisor], dtype))
    assert refusal.value.kind == kind


def test_an_empty_dividend_is_divided_by_any_integer() -> None:
    assert METHODS["remainder"](tensor([], "int32"), 0).shape == (0,)


def test_the_lowest_integer_over_minus_one_is_not_promised() -> None:
    found = METHODS["floor_divide"](tensor([-128, -127], "int8"), tensor([-1, -1], "int8"))
    assert np.asarray(found.specified).tolist() == [False, True]
    assert found.array[1] == 127


@pytest.mark.parametrize("position", [0, 1])
def test_a_floored_quotient_has_no_derivative(position: int) -> None:
    operands = [tensor([4.0]), tensor([3.0])]
    operands[position].requires_grad_()
    with pytest.raises(Refusal):
        METHODS["floor_divide"](*operands).backward()


@pytest.mark.parametrize("name", EXACT)
def test_a_divisor_is_what_it_is_whatever_the_dtype_of_the_division_holds(name: str) -> None:
    with pytest.raises(Refusal, match="ZeroDivision"):
        METHODS[name](tensor([3], "int16"), tensor(0, "int64"))
    divisor = (1 << 16) + 2
    for other in (divisor, tensor(divisor, "int64")):
        found = METHODS[name](tensor([3], "int16"), other)
        assert found.array == EXACT[name](Fraction(3), Fraction(divisor))
        assert found.dtype.name == "int16"


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("divisor", [1 << 16, -(1 << 63)])
def test_what_becomes_of_a_divisor_that_a_cast_would_make_zero_is_left_open(name: str, divisor: int) -> None:
    with pytest.raises(Refusal) as refusal:
        METHODS[name](tensor([3], "int16"), tensor(divisor, "int64"))
    assert refusal.value.kind == "Unmodelled"


def test_a_remainder_that_its_dtype_cannot_hold_is_left_open() -> None:
    found = METHODS["remainder"](tensor([-5, 5], "int8"), 300)
    assert found.specified.tolist() == [False, True]
    assert found.array[1] == 5


def test_a_number_over_a_tensor_is_rounded_twice_and_each_time_to_the_nearest() -> None:
    places = [-1.099237354518225e-194, 9.506136608247704e260, 0.1, 3.0]
    assert number_over(3, tensor(places, "float64")).array.tolist() == [1 / x * 3 for x in places]
