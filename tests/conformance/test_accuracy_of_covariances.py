"""The bounds of covariances: what float32 computes is within, a wrong divisor, mean or root is not."""

from __future__ import annotations

import numpy as np
import pytest

from conformance.accuracy import Correlation, Covariance, Judged, judge
from reference.dtypes import FLOAT32

ROWS = np.random.default_rng(5).normal(1, 1, (3, 6)).astype(np.float32)
WIDE = ROWS.astype(np.float64)


def held(found: np.ndarray, exact: np.ndarray, accuracy: Covariance | Correlation) -> bool:
    judged = Judged("cov", FLOAT32, exact, (WIDE,))
    return judge(found.astype(np.float32), exact.astype(np.float32), exact, accuracy, judged).held


def computed(rows: np.ndarray) -> np.ndarray:
    """The covariance with each step rounded to the dtype of the rows."""
    apart = rows - rows.mean(1, keepdims=True)
    return np.asarray(apart @ apart.T / np.float32(rows.shape[1] - 1))


def correlation(covariance: np.ndarray) -> np.ndarray:
    roots = np.sqrt(np.diagonal(covariance))
    return np.asarray(covariance / roots[:, None] / roots)


def test_what_the_dtype_computes_is_within() -> None:
    assert held(computed(ROWS), computed(WIDE), Covariance())
    assert held(correlation(computed(ROWS)), correlation(computed(WIDE)), Correlation())


@pytest.mark.parametrize("factor", [5 / 6, 1 + 2.0**-12])
def test_a_wrong_divisor_is_not(factor: float) -> None:
    assert not held(computed(ROWS) * factor, computed(WIDE), Covariance())
    assert not held(correlation(computed(ROWS)) * factor, correlation(computed(WIDE)), Correlation())


def test_what_a_row_with_nan_is_correlated_with_is_nan() -> None:
    rows = WIDE.copy()
    rows[1, 2] = np.nan
    exact = correlation(computed(rows))
    judged = Judged("corrcoef", FLOAT32, exact, (rows,))
    lost = np.where(np.isnan(exact), 0, exact)
    assert judge(exact.astype(np.float32), exact.astype(np.float32), exact, Correlation(), judged).held
    assert not judge(lost.astype(np.float32), exact.astype(np.float32), exact, Correlation(), judged).held


def test_a_mean_that_is_not_taken_off_is_not() -> None:
    assert not held(ROWS @ ROWS.T / 5, computed(WIDE), Covariance())
    assert not held(correlation(ROWS @ ROWS.T), correlation(computed(WIDE)), Correlation())


def test_where_weights_are_of_fewer_digits_the_deviations_do_not_cancel() -> None:
    rows = np.full((2, 64), 30.1, np.float32)
    mean, wide = np.float32(30.1) * np.float32(1.001), rows.astype(np.float64)
    apart = wide - np.float64(np.float32(30.1)) * np.float64(np.float32(1.001))
    judged = Judged("cov", FLOAT32, exact := apart @ apart.T / 64, (wide,))
    off = rows - np.nextafter(mean, np.float32(99))
    found = (off @ off.T / np.float32(64)).astype(np.float32)
    rounded = exact.astype(np.float32)
    assert judge(found, rounded, exact, Covariance(weighted=True), judged).held
    assert not judge(found, rounded, exact, Covariance(), judged).held
