"""The small floating point dtypes: every value against a decoder written here, every cast against exact fractions.

What a value is follows from its bits by the formats' own definitions (OCP 8-bit Floating Point Specification for
E4M3FN and E5M2, OCP Microscaling for E8M0, the FNUZ forms as torch documents them), not from what
ml_dtypes makes of it.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import pairwise
from math import inf, isfinite, isnan, nan, nextafter

import numpy as np
import pytest

from reference.conversion import castable, to
from reference.dtypes import (
    BFLOAT16,
    FLOAT8,
    FLOAT8_E4M3FN,
    FLOAT8_E4M3FNUZ,
    FLOAT8_E5M2,
    FLOAT8_E5M2FNUZ,
    FLOAT8_E8M0FNU,
    FLOAT16,
    FLOAT32,
    FLOAT64,
    INT64,
    UINT8,
    UINT16,
    UINT64,
    DType,
    round_to,
)
from reference.scalars import largest_float
from reference.storage import Storage
from reference.tensor import Tensor


@dataclass(frozen=True)
class Format:
    """Bits of exponent and of fraction, the bias, and what the highest exponent, or a negative zero, means."""

    exponent: int
    fraction: int
    bias: int
    infinities: bool = False
    one_nan: bool = False
    """The bits of a negative zero mean NaN, and the highest exponent is one like any other."""


FORMATS = {
    FLOAT8_E4M3FN: Format(4, 3, 7),
    FLOAT8_E5M2: Format(5, 2, 15, infinities=True),
    FLOAT8_E4M3FNUZ: Format(4, 3, 8, one_nan=True),
    FLOAT8_E5M2FNUZ: Format(5, 2, 16, one_nan=True),
    BFLOAT16: Format(8, 7, 127, infinities=True),
    FLOAT16: Format(5, 10, 15, infinities=True),
}


def decode(bits: int, dtype: DType) -> float:
    """The value of a bit pattern."""
    if dtype is FLOAT8_E8M0FNU:
        return nan if bits == 0xFF else 2.0 ** (bits - 127)
    form = FORMATS[dtype]
    fraction = bits & ((1 << form.fraction) - 1)
    exponent = (bits >> form.fraction) & ((1 << form.exponent) - 1)
    negative = bits >> (form.fraction + form.exponent)
    highest = exponent == (1 << form.exponent) - 1
    if form.one_nan:
        if negative and not exponent and not fraction:
            return nan
    elif form.infinities and highest:
        return nan if fraction else (-inf if negative else inf)
    elif highest and fraction == (1 << form.fraction) - 1:
        return nan
    significand = fraction + (1 << form.fraction if exponent else 0)
    value = significand * 2.0 ** (max(exponent, 1) - form.bias - form.fraction)
    return -value if negative else value


def patterns(dtype: DType) -> np.ndarray:
    return np.arange(256**dtype.itemsize, dtype=f"u{dtype.itemsize}")


EVERY = (*FLOAT8, FLOAT8_E8M0FNU, BFLOAT16, FLOAT16)


@pytest.mark.parametrize("dtype", EVERY, ids=str)
def test_every_bit_pattern_has_the_value_that_its_format_gives_it(dtype: DType) -> None:
    bits = patterns(dtype)
    held = Tensor(Storage.of(bits.view(dtype.numpy)), dtype, bits.shape, (1,))
    values = to(held, FLOAT64).array.tolist()
    for pattern, value in zip(bits.tolist(), values, strict=True):
        expected = decode(pattern, dtype)
        assert (isnan(value) and isnan(expected)) or (value, str(value)) == (expected, str(expected)), hex(pattern)


@pytest.mark.parametrize("dtype", EVERY, ids=str)
def test_the_largest_number_is_the_largest_of_all_patterns(dtype: DType) -> None:
    assert largest_float(dtype) == max(decode(bits, dtype) for bits in grid_bits(dtype))


@cache
def grid_bits(dtype: DType) -> tuple[int, ...]:
    return tuple(bits for bits in patterns(dtype).tolist() if isfinite(decode(bits, dtype)))


@cache
def grid(dtype: DType) -> tuple[list[Fraction], list[int]]:
    """Every finite value that is not negative, in order, with its bits."""
    found = sorted(
        (Fraction(decode(bits, dtype)), bits) for bits in grid_bits(dtype) if str(decode(bits, dtype))[0] != "-"
    )
    return [value for value, _ in found], [bits for _, bits in found]


def nearest(value: Fraction, dtype: DType) -> int:
    """The bits of the value nearest to a number in range that is not negative; of two, that of even fraction."""
    values, bits = grid(dtype)
    above = bisect_left(values, value)
    if above < len(values) and values[above] == value:
        return bits[above]
    low, high = above - 1, above
    if value - values[low] != values[high] - value:
        return bits[low] if value - values[low] < values[high] - value else bits[high]
    # Of an E8M0, which has no fraction, the even one of two powers is that to which float32 would carry: the higher.
    return bits[high] if dtype is FLOAT8_E8M0FNU or bits[high] % 2 == 0 else bits[low]


LOWEST = {FLOAT8_E8M0FNU: 2.0**-126}
"""The least number whose cast is specified, where that is not zero."""


def hard_numbers(dtype: DType) -> list[float]:
    """Each value, each middle of two neighbours, and the numbers next to them: what is easily rounded twice."""
    values = grid(dtype)[0]
    values = values[:: max(1, len(values) // 48)]
    found: list[float] = []
    for number in (*values, *((low + high) / 2 for low, high in pairwise(values))):
        near = float(number)
        found += [near, nextafter(near, inf), nextafter(near, 0), near * (1 + 2.0**-24), near * (1 - 2.0**-25)]
    return [number for number in found if LOWEST.get(dtype, 0) <= number <= largest_float(dtype)]


@pytest.mark.parametrize("source", [np.float64, np.longdouble, np.float32], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("dtype", EVERY, ids=str)
def test_a_cast_rounds_once_to_nearest_even(dtype: DType, source: type[np.floating]) -> None:
    numbers = np.array(hard_numbers(dtype), source)
    numbers = numbers[numbers <= largest_float(dtype)]
    if source is np.longdouble:
        numbers = np.concatenate([numbers, np.nextafter(numbers, source(0))])
        numbers = numbers[numbers >= LOWEST.get(dtype, 0)]
    word = f"u{dtype.itemsize}"
    found = round_to(numbers, dtype).view(word).tolist()
    expected = [nearest(exactly(number), dtype) for number in numbers]
    assert found == expected
    if dtype is not FLOAT8_E8M0FNU:
        sign = 1 << (8 * dtype.itemsize - 1)
        negative = round_to(-numbers, dtype).view(word).tolist()
        no_negative_zero = dtype in FORMATS and FORMATS[dtype].one_nan
        assert negative == [0 if no_negative_zero and not bits else bits | sign for bits in expected]


def exactly(number: np.floating) -> Fraction:
    """The number as a fraction, also one of more bits than a Python float has."""
    high = float(number)
    return Fraction(high) + Fraction(float(number - type(number)(high)))


@pytest.mark.parametrize("dtype", FLOAT8, ids=str)
def test_integers_round_to_float8(dtype: DType) -> None:
    numbers = [number for number in range(500) if number <= largest_float(dtype)]
    cast = to(Tensor.of(np.array(numbers), INT64), dtype)
    assert cast.array.view(np.uint8).tolist() == [nearest(Fraction(number), dtype) for number in numbers]


def test_a_float8_is_cast_to_another_by_its_value() -> None:
    ones = Tensor.of(np.array([0.5, 1, 64]), FLOAT8_E8M0FNU)
    for dtype in (*FLOAT8, FLOAT8_E8M0FNU):
        assert to(ones, dtype).array.astype(np.float32).tolist() == [0.5, 1, 64]


def test_what_a_float8_cannot_hold_has_no_value() -> None:
    def specified(values: list[float], dtype: DType) -> list[bool]:
        return np.broadcast_to(castable(Tensor.of(np.array(values), FLOAT64), dtype), len(values)).tolist()

    assert specified([448, 449, inf, nan, -448, -449], FLOAT8_E4M3FN) == [True, False, False, True, True, False]
    assert specified([57344, 57345, -inf, nan], FLOAT8_E5M2) == [True, False, False, True]
    assert specified([1, 2.0**-126, 2.0**127, nan], FLOAT8_E8M0FNU) == [True] * 4
    assert specified([0, -1, 2.0**128, 2.0**-127], FLOAT8_E8M0FNU) == [False] * 4


def test_integers_without_a_sign_wrap_around() -> None:
    negative = Tensor.of(np.array([-1, -300, 2**40 + 5]), INT64)
    assert to(negative, UINT8).array.tolist() == [255, 212, 5]
    assert to(negative, UINT16).array.tolist() == [65535, 65236, 5]
    assert to(negative, UINT64).array.tolist() == [2**64 - 1, 2**64 - 300, 2**40 + 5]
    assert to(to(negative, UINT64), INT64).array.tolist() == [-1, -300, 2**40 + 5]


def test_a_float_beyond_an_unsigned_integer_has_no_value() -> None:
    cast = to(Tensor.of(np.array([65535.9, 65536.0, -0.5, -1.0]), FLOAT32), UINT16)
    assert isinstance(cast.specified, np.ndarray)
    assert cast.specified.tolist() == [True, False, True, False]
    assert cast.array[cast.specified].tolist() == [65535, 0]
