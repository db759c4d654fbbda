"""Judging values: bits first, and an error bound only for the elements whose bits differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from conformance.ulp import distance, finfo, same_bits, ulp, ulps_between, widened
from reference.dtypes import DType

if TYPE_CHECKING:
    from conformance.accuracy import Accuracy, Judged

Findings: TypeAlias = "tuple[np.ndarray, np.ndarray, str]"
"""Which values are wrong, the error of each in ulp, and what is wrong in words."""
HEADROOM = 64.0
"""A step on the way may be that much larger than a gradient, and overflow."""


@dataclass(frozen=True, slots=True)
class ValueVerdict:
    """Whether values are as accurate as claimed, and where they are not.

    ``wrong`` marks the elements that break the bound. ``worst`` is the largest error in ulp, an upper
    bound (half an ulp) where all results are correctly rounded, infinite where no number measures the
    error (a NaN lost or gained, an integer); ``worst_index`` says where. ``pattern`` names what is wrong,
    the gravest first; ``sign of zero`` may stand beside ``held``, where the class does not judge signs of zeros.
    """

    held: bool
    wrong: np.ndarray
    worst: float
    worst_index: tuple[int, ...] = ()
    pattern: str = ""
    _actual: np.ndarray = field(repr=False, kw_only=True)
    _exact: np.ndarray = field(repr=False, kw_only=True)
    _dtype: DType = field(repr=False, kw_only=True)

    @property
    def ulps(self) -> np.ndarray:
        """The error of every element in ulp, computed when asked for; NaN where it is not numeric."""
        if not self._dtype.is_floating_point and not self._dtype.is_complex:
            return np.where(same_bits(self._actual, self._exact), 0.0, np.nan)
        return ulps_between(self._actual, self._exact, self._dtype)


def judge(
    actual: np.ndarray, rounded: np.ndarray, exact: np.ndarray | None, accuracy: Accuracy, judged: Judged
) -> ValueVerdict:
    """Judge ``actual`` against ``rounded``, the reference's result in the same dtype, and ``exact``, before rounding.

    All have one shape; cases of one structure may be stacked. ``exact`` is ``None`` where nothing was
    rounded (integers, booleans).
    """
    if exact is None:
        exact = rounded
    same = same_bits(actual, rounded)
    if same.all():
        worst = 0.0 if accuracy.bitwise or exact is rounded else 0.5
        return ValueVerdict(
            True, np.zeros(actual.shape, bool), worst, _actual=actual, _exact=exact, _dtype=judged.dtype
        )
    if actual.dtype.kind in "iub":
        return _verdict(actual, exact, judged.dtype, ~same, np.where(same, 0.0, np.inf), "integer")
    with np.errstate(all="ignore"):
        allowed = None if accuracy.bitwise else np.broadcast_to(allowance(accuracy, judged), actual.shape)
        places = ~same
        inputs = [given[places] for given in judged.inputs if given.shape == actual.shape]
        differing = _Differing(
            *(actual[places], rounded[places], exact[places], accuracy, judged, inputs),
            None if allowed is None else allowed[places],
        )
        found = differing.plainly_within() or differing.findings()
        wrong, errors = np.zeros(actual.shape, bool), np.full(actual.shape, 0.0 if accuracy.bitwise else 0.5)
        wrong[places], errors[places], pattern = found
    return _verdict(actual, exact, judged.dtype, wrong, errors, pattern)


def plainly_within(
    actual: np.ndarray, rounded: np.ndarray, exact: np.ndarray, least: np.ndarray, dtype: DType
) -> float | None:
    """The largest error in ulp where all are within what a bound allows at ``least``; None where more has to be known:
    of sums, of what may overflow on the way, of special values and of zeros."""
    with np.errstate(all="ignore"):
        differs = ~same_bits(actual, rounded)
        found, exact = actual[differs], exact[differs]
        error = np.abs(widened(found) - exact)
        plain = (error <= least[differs]) & (np.abs(exact) * HEADROOM < finfo(dtype).max) & (found != 0)
        return float(np.max(error / ulp(exact, dtype), initial=0.5)) if plain.all() else None


def _verdict(
    actual: np.ndarray, exact: np.ndarray, dtype: DType, wrong: np.ndarray, errors: np.ndarray, pattern: str
) -> ValueVerdict:
    """The verdict from the wrong elements and every element's error; the worst is a wrong one, if any is."""
    held = not wrong.any()
    position = int(np.argmax(errors if held else np.where(wrong, errors, -1.0)))
    index = _index(position, errors.shape)
    worst = float(errors[index])
    return ValueVerdict(held, np.asarray(wrong), worst, index, pattern, _actual=actual, _exact=exact, _dtype=dtype)


def _index(position: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(int(i) for i in np.unravel_index(position, shape))


class _Differing:
    """Floating or complex values that differ in bits from the correctly rounded ones, and by how much they may."""

    def __init__(
        self,
        actual: np.ndarray,
        rounded: np.ndarray,
        exact: np.ndarray,
        accuracy: Accuracy,
        judged: Judged,
        inputs: Sequence[np.ndarray],
        allowed: np.ndarray | None,
    ) -> None:
        self.actual, self.rounded, self.exact = actual, rounded, exact
        self.accuracy, self.judged, self.inputs = accuracy, judged, inputs
        self.dtype, self.allowed = judged.dtype, allowed

    def plainly_within(self) -> Findings | None:
        """The findings in the common case, in few passes: all are numbers within the bound, and none is zero."""
        if self.allowed is None:
            return None
        difference = widened(self.actual) - self.exact
        error = np.abs(difference)
        if self.allowed.dtype.kind == "c":
            within = (np.abs(difference.real) <= self.allowed.real) & (np.abs(difference.imag) <= self.allowed.imag)
        else:
            within = error <= self.allowed
        if not within.all() or (self.actual == 0).any():
            return None
        errors = np.where(np.isfinite(self.allowed), error / ulp(self.exact, self.dtype), 0.5)
        return np.zeros(within.shape, bool), errors, ""

    def findings(self) -> Findings:
        """The same where values are special or wrong, with every distinction made."""
        if self.allowed is None:  # of a complex number one part may be such a zero, whatever the other is
            self.zero_sign = _same_number(_components(self.actual), _components(self.rounded)).all(axis=0)
        else:
            self.zero_sign = (self.actual == 0) & (self.rounded == 0)
            if self.actual.dtype.kind == "c":  # a part that underflowed was added to another zero
                self.zero_sign = self.zero_sign & (self.exact == 0)
        self.unit = ulp(self.exact, self.dtype)
        self.error = distance(self.actual, self.exact, self.dtype)
        wrong = ~self._within()
        wrong = wrong | self.zero_sign if self.accuracy.signed_zero else wrong & ~self.zero_sign
        if self.judged.flushes_subnormals:
            wrong = wrong & ~self._flushed()
        judged = wrong if self.allowed is None else wrong | np.isfinite(self.allowed)
        errors = np.where(judged, self.error / self.unit, 0.0 if self.accuracy.bitwise else 0.5)
        errors = np.where(errors != errors, np.where(wrong, np.inf, 0.5), errors)
        return wrong, errors, self._pattern(wrong, errors)

    def _within(self) -> np.ndarray:
        """Where the value is as close as the class allows; an infinite allowance judges nothing at all."""
        if self.allowed is None:
            return np.zeros(self.actual.shape, bool)
        if self.allowed.dtype.kind == "c":
            parts = self._component("real", self.allowed.real) & self._component("imag", self.allowed.imag)
            return parts | (np.isnan(self.actual) & np.isnan(self.exact))
        if self.actual.dtype.kind == "c":
            return _close_complex(self.actual, self.rounded, self.error, self.allowed)
        return _close(self.actual, self.exact, self.error, self.allowed)

    def _component(self, part: str, allowed: np.ndarray) -> np.ndarray:
        actual, exact = getattr(self.actual, part), getattr(self.exact, part)
        return _close(actual, exact, distance(actual, exact, self.dtype), allowed)

    def _flushed(self) -> np.ndarray:
        """Where a device without subnormals may answer anything below 2^emin, or read an input or a term as zero."""
        tiny = finfo(self.dtype).tiny
        flushed = (np.abs(_components(self.actual)) < tiny) & (np.abs(_components(self.exact)) < tiny)
        both = flushed.all(axis=0)
        if self.allowed is not None:  # one that is computed, of terms that may be lost
            both = both | ((self.error < tiny) & (np.abs(self.exact) >= tiny))
        for given in self.inputs:
            size = np.abs(_components(given))
            both = both | ((size > 0) & (size < tiny)).any(axis=0)
        return both

    def _pattern(self, wrong: np.ndarray, errors: np.ndarray) -> str:
        """What is wrong in words that group discrepancies by cause, the gravest that occurs."""
        if not wrong.any():
            return "sign of zero" if self.zero_sign.any() else ""
        expected_nan, actual_nan = self.rounded != self.rounded, self.actual != self.actual
        if (wrong & expected_nan & ~actual_nan).any():
            return "nan lost"
        if (wrong & actual_nan & ~expected_nan).any():
            return "nan gained"
        numeric = wrong & ~self.zero_sign
        if not numeric.any():
            return "sign of zero"
        if (numeric & ~(np.isfinite(self.actual) & np.isfinite(self.rounded))).any():
            return "inf"
        tiny = 2 * finfo(self.dtype).tiny
        normal = numeric & ((np.abs(self.exact) >= tiny) | (np.abs(self.actual) >= tiny))
        return _magnitude(float(errors[normal].max()), finfo(self.dtype).p) if normal.any() else "subnormal"


def allowance(accuracy: Accuracy, judged: Judged) -> np.ndarray:
    """By how much a value may be off; what lies beyond the largest number by more than that must overflow."""
    with np.errstate(all="ignore"):
        allowed = accuracy.allowed(judged)
        if judged.exact.dtype.kind == "c":
            return allowed
        beyond = np.abs(widened(judged.exact)) - finfo(judged.dtype).overflow
        left = np.where(np.isposinf(allowed), np.inf, np.maximum(allowed - beyond, 0.0))
        return np.where(beyond > 0, left, allowed)


def _close(actual: np.ndarray, exact: np.ndarray, error: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """Where real values are within the allowance: NaN only for NaN, and an exact infinity only by itself."""
    within = (error <= allowed) & (~np.isinf(exact) | (actual == exact))
    return within | ((actual != actual) & (exact != exact)) | np.isposinf(allowed)


def _close_complex(actual: np.ndarray, rounded: np.ndarray, error: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """Where complex values are within the allowance normwise; of an infinite one only that it is infinite is asked, and
    of NaN that it is no number.

    C99, Annex G, calls a value infinite with one infinite part, whatever the other, so libraries differ in the rest.
    """
    beyond = np.where(np.isinf(rounded), np.isinf(actual), ~np.isfinite(rounded) & ~np.isfinite(actual))
    return (error <= allowed) | beyond | np.isposinf(allowed)


def _components(values: np.ndarray) -> np.ndarray:
    return np.stack([values.real, values.imag])


def _same_number(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Where both are equal, zeros of either sign among them, or both NaN."""
    return (first == second) | ((first != first) & (second != second))


def _magnitude(ulps: float, p: int) -> str:
    if ulps <= 1.5:
        return "off by one ulp"
    if ulps >= 2.0 ** (p - 5):
        return "far off"
    return "off by a few ulp" if ulps <= 16 else "off by many ulp"
