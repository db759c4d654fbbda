"""Bounds of gradients: of the steps of a backward pass, and of the sums in it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from conformance.accuracy.bound import Bound, Judged, roundings_of_sum
from conformance.accuracy.sums import Summation
from conformance.judging import HEADROOM
from conformance.ulp import finfo, ulp
from reference.dtypes import DType, real_of


@dataclass(frozen=True, slots=True)
class GradientOf(Bound):
    """A gradient: k ulp for its k roundings, the bound of a sum where S is given, and ``cancels`` times u|g|.

    Terms that are rounded before they are added have k roundings each: k u S. The formula of a derivative may overflow,
    underflow or cancel on the way; twice the error of the same formula, run in the dtype itself, is allowed too.
    A derivative such as tanh's 1 - y^2 cancels: its error is relative to 1, that of the gradient to the
    cotangent g, which is ``inputs[0]`` (Higham, 1.7); of complex numbers four products cancel. Where the slope
    s = r/g has its pole in such a difference, d = 1 - x^2 say, rounding x^2 is rounding d by 1/d of it: ``steepens``
    is by which power of s that is (2 for s = d^-1/2, 1 for s = 1/d), and ``steep_units`` u |r| s^steepens is allowed
    more: one rounding, doubled, or of complex numbers two.
    Where the slope is the exponential of a sum, the roundings of the terms and of their sum are magnified by it
    (Higham, 1.5), 3u of each: terms that no more than ``exponent`` of cancels add up to |log s| + 2 ``exponent``.
    Where a norm and a modulus, an ulp off each, are raised to a power, 8 ulp and two times that power are allowed.
    Derived from the vjp, one rounding for each step of it. ``stored`` as for a sum. Where a sum of n terms is a factor
    of it (``of_sum``), as a norm is of its own gradient, the error of that: 8 sqrt(n) u |r|.
    """

    ulps: float = 4
    cancels: float = 0
    stored: bool = False
    steepens: float = 0
    steep_units: float = 4
    of_sum: bool = False
    exponent: float = 0

    @property
    def words(self) -> str:
        cancels = f" + {self.cancels:g} u |g|" if self.cancels else ""
        steepens = f" + {self.steep_units:g} u |r| |r/g|^{self.steepens:g}" if self.steepens else ""
        of_sum = " + 8 sqrt(n) u |r|" if self.of_sum else ""
        exponent = f" + 3u S (|log s| + {2 * self.exponent:g})" if self.exponent else ""
        more = cancels + steepens + of_sum + exponent
        return f"{self.ulps:g} ulp{more} + 8 sqrt(n) u S, or {self.ulps:g} u S"

    def at_least(self, exact: np.ndarray, inputs: tuple[np.ndarray, ...], dtype: DType) -> np.ndarray:
        """What is allowed whatever S is, and whatever was rounded on the way."""
        return self.ulps * ulp(exact, real_of(dtype))

    def allowed(self, judged: Judged) -> np.ndarray:
        # Each step of a backward pass rounds to the dtype of the gradient, 16 bits too.
        is_complex = judged.exact.dtype.kind == "c"
        ulps = max(self.ulps, 8 + 2 * judged.power) if judged.power else self.ulps
        roundings = ulps * (math.sqrt(2) if is_complex else 1)
        allowed = roundings * ulp(judged.exact, real_of(judged.dtype))
        if judged.magnitude is not None:
            if judged.rounds_terms:
                allowed = np.maximum(allowed, roundings * finfo(judged.dtype).unit * judged.magnitude())
            allowed = allowed + Summation(integers=False, stored=self.stored).allowed(judged)
        if self.cancels:
            cancels = self.cancels * (4 if is_complex else 1)
            allowed = allowed + cancels * finfo(judged.dtype).unit * np.abs(judged.inputs[0])
        if self.steepens:
            allowed = allowed + self._of_steep_slopes(judged)
        if self.of_sum:
            allowed = allowed + roundings_of_sum(judged.terms) * finfo(judged.dtype).unit * judged.size
        if self.exponent and judged.magnitude is not None:
            allowed = allowed + self._of_exponents(judged.magnitude(), judged)
        if judged.own_error is not None:
            allowed = np.where(np.isfinite(judged.own_error), allowed + 2 * judged.own_error, np.inf)
        allowed = np.where(np.abs(judged.exact) * HEADROOM < finfo(judged.dtype).max, allowed, np.inf)
        return np.where(self._is_at_a_pole(judged), 0.0, allowed)

    def _is_at_a_pole(self, judged: Judged) -> np.ndarray | bool:
        """Where the gradient is infinite by continuity, and the reference's own steps make it so in the dtype too.

        https://docs.pytorch.org/docs/stable/notes/autograd.html: "inf is possible here, for example for sqrt(0)".
        """
        return np.isinf(judged.exact) & (judged.own_error == 0) if judged.own_error is not None else False

    def _of_exponents(self, terms_sum: np.ndarray, judged: Judged) -> np.ndarray:
        slope = terms_sum / np.maximum(np.abs(judged.inputs[0]), finfo(judged.dtype).subnormal)
        exponent = np.abs(np.log(np.maximum(slope, finfo(judged.dtype).subnormal))) + 2 * self.exponent
        return 3 * finfo(judged.dtype).unit * terms_sum * exponent

    def _of_steep_slopes(self, judged: Judged) -> np.ndarray:
        size, cotangent = judged.size, np.abs(judged.inputs[0])
        slope = np.divide(size, cotangent, out=np.zeros_like(size), where=cotangent > 0)
        return self.steep_units * finfo(judged.dtype).unit * size * slope**self.steepens
