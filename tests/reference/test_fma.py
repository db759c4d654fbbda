"""Fused multiply-add against exact rational arithmetic."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from reference.fma import fused_multiply_add


def neighbours(value: np.floating) -> list[Fraction]:
    infinity = type(value)(np.inf)
    return [Fraction(float(np.nextafter(value, side))) for side in (-infinity, infinity)]


def assert_rounded_once(a: np.ndarray, b: float, c: float) -> int:
    """Every result is the nearest number, the even one of two; returns how often two roundings differ."""
    fused = fused_multiply_add(a, b, c)
    assert fused.dtype == a.dtype
    for given, result in zip(a, fused, strict=True):
        exact = Fraction(float(given)) * Fraction(b) + Fraction(c)
        error = abs(Fraction(float(result)) - exact)
        for neighbour in neighbours(result):
            other = abs(neighbour - exact)
            assert error <= other
            if error == other:
                assert result.view(f"u{a.dtype.itemsize}") % 2 == 0
    return int((fused != a * a.dtype.type(b) + a.dtype.type(c)).sum())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("b", "c"), [(3.0, 2.0), (104.0, -3.25), (5e4, -30000.1), (-1.7, 1.7), (1e-3, 1e3), (2.0, 0.0)]
)
def test_rounded_once(dtype: type[np.float32 | np.float64], b: float, c: float) -> None:
    a = np.random.Generator(np.random.Philox(1)).random(1000).astype(dtype)
    differing = assert_rounded_once(a, float(dtype(b)), float(dtype(c)))
    assert bool(differing) == (b not in (2.0, 1e-3))  # else there would be nothing to tell the two apart


@pytest.mark.parametrize(("b", "c"), [(1.5e308, -1e308), (1e308, 2e292), (3e-300, 2e-301), (1e30, -1e-300)])
def test_the_ends_of_float64(b: float, c: float) -> None:
    assert_rounded_once(np.random.Generator(np.random.Philox(2)).random(300), b, c)


def test_halfway_cases_of_float32() -> None:
    """1 + 2^-24 is halfway; a tiny third term decides, and float64 alone would have lost it."""
    a = np.array([2.0**-30], dtype=np.float32)
    for tiny in (2.0**-40, -(2.0**-40)):
        assert_rounded_once(a, tiny, 1 + 2.0**-23)
    # (1 + 2^-12)^2 = 1 + 2^-11 + 2^-24: halfway until the third term.
    a = np.array([1 + 2.0**-12], dtype=np.float32)
    for tiny in (2.0**-70, -(2.0**-70), 0.0):
        assert_rounded_once(a, 1 + 2.0**-12, tiny)


def test_what_is_not_finite_is_as_unfused() -> None:
    a = np.array([0.5, 0.0], dtype=np.float64)
    np.testing.assert_array_equal(fused_multiply_add(a, float("inf"), 1.0), [np.inf, np.nan])
    np.testing.assert_array_equal(fused_multiply_add(a, 2.0, float("nan")), [np.nan, np.nan])
