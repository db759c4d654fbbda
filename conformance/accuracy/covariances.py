"""Bounds of covariances and correlations: of sums of products of deviations, whose means were rounded."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from conformance.accuracy.bound import Bound, Judged
from conformance.ulp import finfo


@dataclass(frozen=True, slots=True)
class Covariance(Bound):
    """Class E, cov: (32u + 16 sqrt(n) u_acc) (s_i + d_i)(s_j + d_j) + 8 d_i d_j, s the root of the variance.

    The mean of n observations, rounded when it is summed and when it is divided, is off by d = (4 + sqrt(n)) u max|x|.
    The deviations take that over and are rounded, to the dtype itself also in 16 bits, and so are their sum, its
    divisor and the quotient; what the deviations add up to, which multiplies d, cancels but for d (Chan, Golub and
    LeVeque, Amer. Statist. 37, 1983). The reference takes the same steps, which doubles each number. Sums of the
    moduli of products are no greater than s_i s_j (Cauchy and Schwarz).

    Where ``weighted``, weights may be of fewer digits, and so is their sum: the mean is another, and the deviations
    from it do not cancel, by 2 (s_i d_j + d_i s_j) more.
    """

    weighted: bool = False

    @property
    def words(self) -> str:
        more = " + 2 (s_i d_j + d_i s_j)" if self.weighted else ""
        return "(32u + 16 sqrt(n) u_acc) (s_i + d_i)(s_j + d_j) + 8 d_i d_j" + more

    def allowed(self, judged: Judged) -> np.ndarray:
        rows, off = _rows_and_their_errors(judged)
        variances = np.sqrt(np.abs(np.diagonal(judged.exact) if judged.exact.ndim else judged.exact[np.newaxis]))
        spread = variances + off
        allowed = _relative(judged, rows) * _each_with_each(spread) + 8 * _each_with_each(off)
        if self.weighted:
            allowed = allowed + 2 * (np.outer(variances, off) + np.outer(off, variances))
        return np.reshape(allowed + finfo(judged.dtype).subnormal, judged.exact.shape)


@dataclass(frozen=True, slots=True)
class Correlation(Bound):
    """Class E, corrcoef: the bound of a covariance over s_i s_j; none where d reaches an eighth of s, a number."""

    words = "(32u + 16 sqrt(n) u_acc) (1 + d_i/s_i)(1 + d_j/s_j) + 8 d_i d_j / (s_i s_j)"

    def allowed(self, judged: Judged) -> np.ndarray:
        rows, off = _rows_and_their_errors(judged)
        if not rows.shape[1]:
            return np.zeros(judged.exact.shape)
        deviation = np.std(rows, axis=1)
        part = np.divide(off, deviation, out=np.full(off.shape, np.inf), where=~(deviation <= 8 * off))
        allowed = 2 * _relative(judged, rows) * _each_with_each(1 + part) + 8 * _each_with_each(part)
        return np.reshape(allowed, judged.exact.shape)


def _rows_and_their_errors(judged: Judged) -> tuple[np.ndarray, np.ndarray]:
    """The variables and by how much their means may be off."""
    given = judged.inputs[0]
    rows = given if given.ndim == 2 else given.reshape(1, -1)
    largest = np.max(np.abs(rows), axis=1, initial=0)
    return rows, (4 + math.sqrt(rows.shape[1])) * finfo(judged.dtype).unit * largest


def _relative(judged: Judged, rows: np.ndarray) -> float:
    accumulated = finfo(judged.computing).unit
    return 32 * finfo(judged.dtype).unit + 16 * math.sqrt(rows.shape[1]) * accumulated


def _each_with_each(values: np.ndarray) -> np.ndarray:
    return values[:, np.newaxis] * values
