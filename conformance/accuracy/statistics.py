"""Bounds of operations that summarise a sample: several results each with its own bound, means, interpolation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from conformance.accuracy.bound import (
    Accuracy,
    Bound,
    Judged,
    last_rounding,
    one_rounding,
    roundings_of_sum,
)
from conformance.accuracy.elementwise import Selected
from conformance.accuracy.gradients import GradientOf
from conformance.accuracy.sums import Summation
from conformance.ulp import finfo


@dataclass(frozen=True, slots=True)
class Several(Bound):
    """Of several results, each by a bound of its own."""

    results: tuple[Accuracy, ...]

    @property
    def words(self) -> str:
        return "; ".join(one.words for one in self.results)

    def of(self, position: int) -> Accuracy:
        """The bound of the result at ``position``."""
        return self.results[min(position, len(self.results) - 1)]

    def allowed(self, judged: Judged) -> np.ndarray:
        return self.results[0].allowed(judged)


@dataclass(frozen=True, slots=True)
class Average(Bound):
    """A mean beside other results: u|r| + 8 sqrt(n) u max|x|, a summation's bound with n max|x| for S."""

    words = "u|r| + 8 sqrt(n) u max|x|"

    def allowed(self, judged: Judged) -> np.ndarray:
        unit = finfo(judged.computing).unit
        return one_rounding(judged) + roundings_of_sum(judged.terms) * unit * largest(judged) + last_rounding(judged)


@dataclass(frozen=True, slots=True)
class Slopes(Bound):
    """Slopes of samples f at given places, the input at ``places``: 32 u max|f| / min|dx|.

    The weights of the samples come to 5 / min|dx| at most, and each term is off by six roundings.
    """

    places: int = 1
    words = "32 u max|f| / min|dx|"

    def allowed(self, judged: Judged) -> np.ndarray:
        apart = np.min(np.abs(np.diff(judged.inputs[self.places])), initial=np.inf)
        off = 32 * finfo(judged.dtype).unit * largest(judged) / apart
        return np.full(judged.exact.shape, off) + one_rounding(judged)


@dataclass(frozen=True, slots=True)
class Interpolated(Bound):
    """A number between two elements a and b: u(4 + n) max|x|.

    The rank q(n - 1) is rounded to the dtype before its fraction is taken: the fraction is off by up to u n, and the
    result by that times b - a. Where that difference, which is in the formula of the manual, may overflow, nothing is
    promised of a number.
    """

    words = "u(4 + n) max|x|"
    among_equals: ClassVar[bool] = True

    def allowed(self, judged: Judged) -> np.ndarray:
        count = max((given.size for given in judged.inputs), default=1)
        info, reach = finfo(judged.dtype), 2 * largest(judged)
        allowed = np.full(judged.exact.shape, info.unit * (4 + count) * reach) + last_rounding(judged)
        return np.where(np.isfinite(judged.exact) & (reach > info.max), np.inf, allowed)


@dataclass(frozen=True, slots=True)
class Shares(GradientOf):
    """The gradients of the two elements between which a number lies: the fraction is off by u n, and they by that
    times the cotangent g."""

    @property
    def words(self) -> str:
        return f"{GradientOf(self.ulps).words} + 2 u n |g|"

    def allowed(self, judged: Judged) -> np.ndarray:
        of_rank = 2 * finfo(judged.dtype).unit * judged.exact.size * np.abs(judged.inputs[0])
        return GradientOf.allowed(self, judged) + of_rank


@dataclass(frozen=True, slots=True)
class Divided(Summation):
    """A sum that is rounded to the dtype before it is divided by a count: u|r| more."""

    words = "2u|r| + 8 sqrt(n) u S"

    def allowed(self, judged: Judged) -> np.ndarray:
        return Summation.allowed(self, judged) + one_rounding(judged)


@dataclass(frozen=True, slots=True)
class Normalised(Divided):
    """What is multiplied by a number over a p-norm of at most n elements: 16 sqrt(n) u |r| more, and half a step |x|.

    The norm takes over 1/p times the relative error of its sum, 8 sqrt(n) u, where p is 1/2 or more. The factor is
    rounded to the dtype, in which it may be subnormal.
    """

    words = "2u|r| + 16 sqrt(n) u |r| + half a subnormal step |x|"

    def allowed(self, judged: Judged) -> np.ndarray:
        count = max((given.size for given in judged.inputs), default=1)
        unit = finfo(judged.computing).unit
        step = finfo(judged.dtype).subnormal * np.abs(judged.inputs[0]) / 2
        return Divided.allowed(self, judged) + 2 * roundings_of_sum(count) * unit * judged.size + step


@dataclass(frozen=True, slots=True)
class Ranked(Selected):
    """An element chosen by its rank: the same bits. Which of equal elements it was, and gets the gradient, is open."""

    among_equals: ClassVar[bool] = True


def largest(judged: Judged) -> float:
    """The largest finite modulus in the first input."""
    size = np.abs(judged.inputs[0]) if judged.inputs else np.zeros(0)
    return float(np.max(size, where=np.isfinite(size), initial=0.0))
