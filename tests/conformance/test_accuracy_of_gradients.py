"""The bounds of gradients: what rounds on the way may be lost, and no more."""

from __future__ import annotations

from typing import Any

import numpy as np

from conformance.accuracy import Accuracy, GradientOf, Shares, ValueVerdict
from reference.dtypes import FLOAT16
from tests.conformance import judged

COTANGENT = np.ones(1)


def verdict(actual: Any, r: Any, accuracy: Accuracy, **seen: Any) -> ValueVerdict:
    """Judge a gradient against the exact one, where the cotangent is 1."""
    return judged.verdict(actual, r, accuracy, COTANGENT, **seen)


def test_the_terms_of_a_sum_are_rounded_too() -> None:
    """In 16 bits, 64 products that cancel leave a sum that is off by many of its own units."""
    rng = np.random.default_rng(1)
    products = rng.standard_normal(64)
    products[0] -= products.sum() - 2.0**-6
    off, size = products.astype(np.float16).astype(np.float64).sum(), np.abs(products).sum()
    assert abs(off - 2.0**-6) > 4 * 2.0**-16
    scale: dict[str, Any] = {"magnitude": lambda: np.array(size), "terms": 64}
    assert verdict(off, 2.0**-6, GradientOf(1), dtype=FLOAT16, rounds_terms=True, **scale).held
    assert not verdict(off, 2.0**-6, GradientOf(1), dtype=FLOAT16, **scale).held
    assert not verdict(0.5, 2.0**-6, GradientOf(1), dtype=FLOAT16, rounds_terms=True, **scale).held


def test_what_the_formula_itself_loses_is_allowed_twice() -> None:
    assert verdict(1.01, 1.0, GradientOf(), own_error=np.array(0.01)).held
    assert not verdict(1.03, 1.0, GradientOf(), own_error=np.array(0.01)).held
    assert verdict(np.inf, 1.0, GradientOf(), own_error=np.array(np.inf)).held
    assert not verdict(np.inf, 1.0, GradientOf(), own_error=np.array(0.0)).held


def test_a_power_of_what_is_rounded_is_off_by_that_power() -> None:
    for power, ulps in ((0, 16), (2, 16), (19, 46)):
        assert verdict(1 + ulps * 2.0**-23, 1.0, GradientOf(16), power=power).held
        assert not verdict(1 + (ulps + 1) * 2.0**-23, 1.0, GradientOf(16), power=power).held


def test_what_is_infinite_by_continuity_is_infinite() -> None:
    """As the derivative of a square root is at zero. Where a step overflows in the dtype itself, nothing is known."""
    for wrong in (1e30, -np.inf, np.nan, 0.0):
        assert not verdict(wrong, np.inf, GradientOf(), own_error=np.array(0.0)).held
        assert verdict(wrong, np.inf, GradientOf(), own_error=np.array(np.inf)).held
        assert verdict(wrong, 3e38, GradientOf(), own_error=np.array(0.0)).held
    assert verdict(np.inf, np.inf, GradientOf(), own_error=np.array(0.0)).held


def test_a_quantile_is_off_by_the_rounding_of_its_rank() -> None:
    exact = np.zeros(100)
    exact[3] = 0.25
    off, wrong = exact.copy(), exact.copy()
    off[3] += 2.0**-18
    wrong[3] += 2.0**-15
    assert verdict(off, exact, Shares(4)).held
    assert not verdict(off, exact, GradientOf(4)).held
    assert not verdict(wrong, exact, Shares(4)).held
    assert "n |g|" in Shares().words


def test_where_the_slope_is_steep() -> None:
    """Rounding x^2 is rounding 1 - x^2 by much more next to 1: as asin's vjp does it, and not a hundred times worse."""
    x = np.float32(0.9999)
    exact = np.array([1 / np.sqrt((1 - float(x)) * (1 + float(x)))])
    rounded = np.array([1 / np.sqrt(np.float32(1) - x * x)], np.float32)
    worse = (exact + 100 * np.abs(rounded - exact)).astype(np.float32)
    steep = GradientOf(4, steepens=2)
    assert verdict(rounded, exact, steep).held
    assert not verdict(rounded, exact, GradientOf(4)).held
    assert not verdict(worse, exact, steep).held
