"""Signs, neighbours, powers of two and the step: against Python's math and exact fractions."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

import reference as reference  # its modules register their functions
from reference.dtypes import BFLOAT16, FLOAT16, DType
from reference.errors import Refusal
from reference.tensor import METHODS, Tensor
from tests.reference.gradients import tensor

SPECIAL = (0.0, -0.0, 1.0, -1.5, math.inf, -math.inf, 5e-324, -2.2e-308, 1.7e308, 1e-45, 3.0)


def test_copysign() -> None:
    pairs = [(a, b) for a in SPECIAL for b in SPECIAL]
    found = METHODS["copysign"](*(tensor(np.array(part)) for part in zip(*pairs, strict=True))).array
    expected = np.array([math.copysign(a, b) for a, b in pairs])
    np.testing.assert_array_equal(found.view(np.int64), expected.view(np.int64))


def test_copysign_leaves_the_sign_of_a_converted_nan_open() -> None:
    one, signs = tensor([1.0, 1.0], "float32"), np.array([-np.nan, -2.0])
    assert METHODS["copysign"](one, tensor(signs, "float32")).specified is True
    assert METHODS["copysign"](one, tensor(signs, "float16")).specified.tolist() == [False, True]


def test_what_is_left_open_of_a_tensor_without_dimensions_is_a_mask() -> None:
    one, nan = tensor(1.0, "float32"), tensor(-np.nan, "float16")
    _, exponent = METHODS["frexp"](tensor(np.inf, "float32"))
    for made in (METHODS["copysign"](one, nan), exponent):
        assert isinstance(made.specified, np.ndarray)
        assert not made.specified


def test_an_integer_is_rounded_before_it_is_scaled() -> None:
    """Once: in the middle of two bfloat16, were it a float32 before."""
    scaled = METHODS["ldexp"](tensor([2**32 + 2**24 + 1], "int64"), tensor([1.0], "bfloat16"))
    assert scaled.array.tolist() == [2.0**33 + 2.0**26]


def test_copysign_of_integers_is_a_float() -> None:
    found = METHODS["copysign"](tensor([1, -2], "int8"), -0.0)
    assert (found.dtype.name, found.array.tolist()) == ("float32", [-1.0, -2.0])


def test_neighbours_of_float64() -> None:
    pairs = [(a, b) for a in SPECIAL for b in SPECIAL]
    found = METHODS["nextafter"](*(tensor(np.array(part)) for part in zip(*pairs, strict=True))).array
    expected = np.array([math.nextafter(a, b) for a, b in pairs])
    np.testing.assert_array_equal(found.view(np.int64), expected.view(np.int64))


@pytest.mark.parametrize("dtype", [FLOAT16, BFLOAT16], ids=repr)
def test_neighbours_of_every_number_of_16_bits(dtype: DType) -> None:
    """Of all numbers in order, the next one of both sides: zero once, its neighbours the least subnormals."""
    every = np.arange(2**16, dtype=np.uint16).view(dtype.numpy)
    values = np.unique(every[~np.isnan(every.astype(np.float32))].astype(np.float64))
    for goal, neighbours in ((np.inf, np.append(values[1:], np.inf)), (-np.inf, np.append(-np.inf, values[:-1]))):
        found = METHODS["nextafter"](Tensor.of(values.astype(dtype.numpy), dtype), tensor([goal], dtype.name))
        np.testing.assert_array_equal(found.array.astype(np.float64), neighbours)


def test_nan_has_no_neighbour() -> None:
    found = METHODS["nextafter"](tensor([math.nan, 1.0], "float32"), tensor([1.0, math.nan], "float32"))
    assert np.isnan(found.array).all()


@pytest.mark.parametrize(
    ("input", "exponent"),
    [(1.0, 3), (-2.5, -3), (3.0, 127), (2.0**-140, 200), (2.0**100, -240), (1.5, -149), (0.0, 2**31 - 1), (1.0, 2**40)],
)
def test_powers_of_two_are_exact_and_rounded_once(input: float, exponent: int) -> None:
    found = METHODS["ldexp"](tensor([input], "float32"), tensor([exponent], "int64")).array[0]
    exact = Fraction(input) * Fraction(2) ** min(exponent, 1000)
    largest = Fraction(float(np.finfo(np.float32).max))
    assert found == (np.float32(float(exact)) if abs(exact) <= largest else np.inf)


def test_exponents_are_integers_in_16_bits_too() -> None:
    """257 is no bfloat16."""
    found = METHODS["ldexp"](tensor([2.0**127], "bfloat16"), tensor([-257], "int32"))
    assert float(found.array[0]) == 2.0**-130


def test_an_integer_is_promoted_before_it_is_scaled_and_an_exponent_is_not_rounded() -> None:
    scaled = METHODS["ldexp"](tensor([367834, 3], "int32"), tensor([-4.0], "float16"))
    assert (scaled.dtype.name, scaled.array.tolist()) == ("float16", [math.inf, 0.1875])
    assert METHODS["ldexp"](tensor([1.0], "bfloat16"), tensor([-129], "int32")).array.tolist() == [2.0**-129]


def test_whole_exponents_are_laid_out_as_they_are() -> None:
    """Not as a copy in the dtype of the numbers, which would be contiguous."""
    numbers = METHODS["as_strided"](tensor([1.0, 2.0], "float32"), (1, 1, 2), (1, 2, 1))
    exponents = METHODS["as_strided"](tensor([3], "int32"), (1, 2, 1), (1, 0, 1))
    found = METHODS["ldexp"](numbers, exponents)
    assert (found.array.tolist(), found.strides) == ([[[8.0, 16.0], [8.0, 16.0]]], (1, 1, 2))


def test_fractional_powers_of_two() -> None:
    found = METHODS["ldexp"](tensor([3.0, 1.0], "float32"), tensor([0.5, -math.inf], "float32")).array
    np.testing.assert_allclose(found, [3 * math.sqrt(2), 0], rtol=1e-7)


def test_the_step_function() -> None:
    input = tensor([-2.0, -0.0, 0.0, 1e-40, math.nan], "float32")
    found = METHODS["heaviside"](input, tensor([0.5], "float32"))
    assert found.array[:4].tolist() == [0.0, 0.5, 0.5, 1.0]
    assert np.asarray(found.specified).tolist() == [True, True, True, True, False]


def test_the_step_function_wants_one_dtype_and_has_no_derivative() -> None:
    with pytest.raises(Refusal):
        METHODS["heaviside"](tensor([1.0], "float32"), tensor([1.0], "float64"))
    with pytest.raises(Refusal):
        METHODS["heaviside"](tensor([1.0], requires_grad=True), tensor([1.0])).backward()


@pytest.mark.parametrize("name", ["fmax", "fmin"])
def test_a_signalling_nan_is_left_open(name: str) -> None:
    signalling = np.array([0x7F800001, 0x7FC00000, 0x3F800000], np.uint32).view(np.float32)
    found = METHODS[name](tensor(signalling), tensor([2.0], "float32"))
    assert np.asarray(found.specified).tolist() == [False, True, True]
    assert found.array[1] == 2.0


@pytest.mark.parametrize("name", ["pow", "float_power"])
def test_the_power_of_a_signalling_nan_is_left_open(name: str) -> None:
    signalling = np.array([0x7F800001, 0x7FC00000, 0x3F800000], np.uint32).view(np.float32)
    for found in (METHODS[name](tensor(signalling), 0.0), METHODS[name](tensor(signalling), tensor([0.0], "float32"))):
        assert np.asarray(found.specified).tolist() == [False, True, True]
        assert found.array[1:].tolist() == [1.0, 1.0]


def test_mantissa_and_exponent() -> None:
    values = [0.0, -0.0, 1.0, -6.0, 2.0**-149, 3e38, math.inf, math.nan]
    mantissa, exponent = METHODS["frexp"](tensor(values, "float32"))
    pairs = [math.frexp(float(np.float32(value))) for value in values]
    np.testing.assert_array_equal(mantissa.array, np.array([pair[0] for pair in pairs], np.float32))
    assert exponent.dtype.name == "int32"
    assert exponent.array[:6].tolist() == [pair[1] for pair in pairs[:6]]
    assert np.asarray(exponent.specified).tolist() == [True] * 6 + [False] * 2


def test_roots_of_minus_infinity_and_powers_of_a_half_are_left_open() -> None:
    found = METHODS["pow"](tensor([-math.inf, -0.0, 0.0, 4.0], "float32"), 0.5)
    assert np.asarray(found.specified).tolist() == [False, False, True, True]
    assert found.array[3] == 2.0
    assert METHODS["pow"](tensor([-math.inf], "float32"), -2.5).specified is True


@pytest.mark.parametrize(("number", "specified"), [(2.5, True), (257, False), (0.1, False)])
def test_a_number_that_16_bits_do_not_hold_may_be_used_as_it_is(number: float, specified: bool) -> None:
    assert METHODS["mul"](tensor([3.0], "bfloat16"), number).specified is specified
    assert METHODS["mul"](tensor([3.0], "float32"), number).specified is True
