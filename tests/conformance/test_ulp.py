"""Units in the last place against NumPy's own spacing, and bits against values worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from conformance.ulp import bits, finfo, same_bits, ulp, ulps_between
from reference.dtypes import (
    BFLOAT16,
    COMPLEX64,
    EXTENDED,
    FLOAT16,
    FLOAT32,
    FLOAT64,
    FLOATING,
    INT8,
    DType,
    round_to,
    wider,
)


@pytest.mark.parametrize(
    ("dtype", "p", "emin", "emax"),
    [(FLOAT16, 11, -14, 15), (BFLOAT16, 8, -126, 127), (FLOAT32, 24, -126, 127), (FLOAT64, 53, -1022, 1023)],
)
def test_parameters_are_those_of_ieee_754(dtype: DType, p: int, emin: int, emax: int) -> None:
    info = finfo(dtype)
    assert (info.p, info.emin, info.emax) == (p, emin, emax)
    zero, infinity = np.zeros((), dtype.numpy), np.full((), np.inf, dtype.numpy)
    assert info.subnormal == np.nextafter(zero, infinity)
    assert info.max == np.nextafter(infinity, zero)
    assert info.tiny == 2.0**emin
    assert info.overflow == 2 * info.top


def test_integers_have_no_parameters() -> None:
    with pytest.raises(ValueError, match="int8"):
        finfo(INT8)


def spacing_upward(values: np.ndarray, dtype: DType) -> np.ndarray:
    """The gap to the next larger modulus, which is the ulp of every value but the largest finite one."""
    up = np.nextafter(np.abs(values), np.array(np.inf, dtype.numpy)).astype(wider(dtype).numpy)
    return up - np.abs(values).astype(wider(dtype).numpy)


@pytest.mark.parametrize("dtype", [FLOAT16, BFLOAT16])
def test_ulp_is_the_spacing_at_every_16_bit_value(dtype: DType) -> None:
    values = np.arange(2**16, dtype=np.uint16).view(dtype.numpy)
    with np.errstate(invalid="ignore"):
        values = values[np.abs(values.astype(np.float64)) < finfo(dtype).max]
    assert values.size > 60_000
    np.testing.assert_array_equal(ulp(values.astype(np.float64), dtype), spacing_upward(values, dtype))


@pytest.mark.parametrize("dtype", [FLOAT32, FLOAT64])
def test_ulp_is_the_spacing_at_random_bits_and_landmarks(dtype: DType) -> None:
    drawn = np.frombuffer(np.random.default_rng(0).bytes(20_000 * dtype.itemsize), dtype.numpy)
    info = finfo(dtype)
    landmarks = np.array([0, info.subnormal, info.tiny, 1, 2, -1, info.max / 2], dtype.numpy)
    values = np.concatenate([drawn[np.isfinite(drawn)], landmarks, np.nextafter(landmarks, dtype.numpy.type(0))])
    np.testing.assert_array_equal(ulp(values.astype(wider(dtype).numpy), dtype), spacing_upward(values, dtype))


@pytest.mark.parametrize("dtype", [*FLOATING, EXTENDED])
def test_beyond_the_range_the_ulp_stays_that_of_the_nearest_binade(dtype: DType) -> None:
    info = finfo(dtype)
    wide = wider(dtype).numpy
    with np.errstate(over="ignore"):
        far = ulp(np.array([np.inf, info.max, 0, info.subnormal], wide), dtype)
    below = np.nextafter(np.array(info.max, dtype.numpy), dtype.numpy.type(0))
    top = info.max - below.astype(wide)
    assert far.tolist() == [top, top, info.subnormal, info.subnormal]


def test_a_scalar_array_and_a_complex_value_have_an_ulp() -> None:
    assert ulp(np.array(3.0), FLOAT32) == 2.0**-22
    assert ulp(np.array([3 + 4j]), COMPLEX64).tolist() == [2.0**-21]


@pytest.mark.parametrize("dtype", FLOATING)
def test_rounding_once_is_never_more_than_half_an_ulp(dtype: DType) -> None:
    exponents = np.random.default_rng(1).uniform(finfo(dtype).emin - 12, finfo(dtype).emax + 3, 5_000)
    exponents = np.minimum(exponents, 1023)
    r = np.exp2(exponents).astype(wider(dtype).numpy) * (1 + np.ldexp(exponents % 1, -3))
    r = r.astype(wider(dtype).numpy)
    errors = ulps_between(round_to(r, dtype), r, dtype)
    assert 0.49 < errors.max() <= 0.5


def test_one_step_is_one_ulp_and_overflow_is_a_step_beyond_the_largest() -> None:
    r = np.array([1.0, 1.0, finfo(FLOAT32).max, np.inf, 1e60, np.nan, 1.0])
    actual = np.array([1 + 2.0**-23, 1 - 2.0**-24, np.inf, np.inf, np.inf, np.nan, np.nan], np.float32)
    np.testing.assert_array_equal(ulps_between(actual, r, FLOAT32), [1, 0.5, 1, 0, 0, np.nan, np.nan])
    opposite = ulps_between(np.array([-np.inf], np.float32), np.array([np.inf]), FLOAT32)
    assert opposite[0] == 2.0**25


@pytest.mark.parametrize(
    ("value", "dtype", "text"),
    [
        (1.0, FLOAT32, "0x3f800000"),
        (-0.0, FLOAT16, "0x8000"),
        (1.0, BFLOAT16, "0x3f80"),
        (-2.0, FLOAT64, "0xc000000000000000"),
        (-1, INT8, "0xff"),
        (-1j, COMPLEX64, "0x80000000 0xbf800000"),
    ],
)
def test_bits_of_known_values(value: Any, dtype: DType, text: str) -> None:
    assert bits(value, dtype) == text
    assert bits(np.array([value], dtype.numpy)[0], dtype) == text


@pytest.mark.parametrize("dtype", [*FLOATING, EXTENDED])
def test_same_bits_tells_zeros_apart_and_no_nan_from_another(dtype: DType) -> None:
    a = np.array([0.0, np.nan, 1.0, 1.0, np.inf, np.nan], dtype.numpy)
    b = np.array([-0.0, -np.nan, 1.0, 2.0, np.inf, 0.0], dtype.numpy)
    assert same_bits(a, b).tolist() == [False, True, True, False, True, False]


def test_same_bits_of_complex_values_is_componentwise_and_takes_any_stride() -> None:
    a = np.array([1 + 0j, complex(np.nan, 1), 2 + 1j, complex(0, np.nan)], np.complex64)
    b = np.array([complex(1, -0.0), complex(-np.nan, 1), 2 + 1j, complex(0, 1)], np.complex64)
    assert same_bits(a, b).tolist() == [False, True, True, False]
    assert same_bits(a[::-2], b[::-2]).tolist() == [False, True]
    assert not same_bits(a[0], b[1])


@pytest.mark.parametrize("dtype", [FLOAT16, BFLOAT16])
def test_every_signalling_nan_is_a_nan(dtype: DType) -> None:
    values = np.arange(2**16, dtype=np.uint16).view(dtype.numpy)
    with np.errstate(invalid="ignore"):
        nan = np.isnan(values)
    np.testing.assert_array_equal(same_bits(values, np.full_like(values, np.nan)), nan)
    assert same_bits(values, values).all()
