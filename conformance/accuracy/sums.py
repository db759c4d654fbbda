"""Classes D and E: bounds of what many terms add up to, in whatever order."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from conformance.accuracy.bound import (
    Bound,
    Judged,
    computing_dtype,
    last_rounding,
    one_rounding,
    roundings_of_sum,
    unit_of_r,
)
from conformance.ulp import finfo, ulp
from reference.dtypes import DType, real_of


@dataclass(frozen=True, slots=True)
class Summation(Bound):
    """Class D, sums of n terms in any order: u_out|r| + 8 sqrt(n) u_acc S, S the sum of the terms' moduli.

    For 8 sqrt(n) see ``roundings_of_sum``. TF32 rounds both factors of a product to 11 bits: 2 * 2^-11 S more. On
    small integers every partial sum is exact, so that only the last rounding is left (class D'): half an ulp, whatever
    the order. ``integers`` is false where the terms are not products of the inputs (mean, norm). ``stored``
    says that partial results may be kept in the dtype itself, also in 16 bits: a product of several matrices.
    ``headroom`` is by how much a sum may exceed the result: what is multiplied by 0.5 may have overflowed before.
    """

    integers: bool = True
    stored: bool = False
    headroom: float = 1

    @property
    def words(self) -> str:
        return "u|r| + 8 sqrt(n) u S" + (", half an ulp on small integers" if self.integers else "")

    def at_least(self, exact: np.ndarray, inputs: tuple[np.ndarray, ...], dtype: DType) -> np.ndarray:
        """What is allowed of one term: S is never less than |r|. Nothing where the terms may be small integers."""
        if self.integers and _are_integers(inputs, 8):
            return np.zeros(exact.shape)
        units = finfo(dtype).unit + roundings_of_sum(1) * finfo(dtype if self.stored else computing_dtype(dtype)).unit
        return np.asarray(units * np.abs(exact))

    def allowed(self, judged: Judged) -> np.ndarray:
        info = finfo(judged.dtype if self.stored else judged.computing)
        terms_sum = judged.sum_of_terms
        if self.integers and _sums_exactly(judged, terms_sum, 2.0 ** min(info.p, 24)):
            return (0.5 + unit_of_r(judged.dtype)) * ulp(judged.exact, judged.dtype)
        relative = roundings_of_sum(judged.terms) * info.unit + (2 * 2.0**-11 if judged.tf32 else 0.0)
        underflow = judged.terms * info.subnormal
        if self.headroom > 1 and judged.inputs:  # what is scaled before it is multiplied may underflow then
            underflow *= max(1.0, *map(_largest_finite, judged.inputs))
        allowed = one_rounding(judged) + relative * terms_sum + underflow
        # A partial sum that overflows is inf, or NaN if another one does too, and that depends on the order; what is
        # divided by their number (mean) may be that many times the result before.
        reached = terms_sum * self.headroom * (1 if self.integers else judged.terms)
        return unless_overflowing(allowed, reached < info.max, judged.exact)


@dataclass(frozen=True, slots=True)
class CrossProduct(Bound):
    """Differences of two products of vectors' elements: 3u (|a_j b_k| + |a_k b_j|), each step rounded to the dtype.

    Run on moduli, the two products would cancel; so they are taken from the inputs, along any dimension of size 3.
    """

    words = "3 u (|a_j b_k| + |a_k b_j|)"

    def allowed(self, judged: Judged) -> np.ndarray:
        moduli = [np.where(np.isinf(one), 0, np.abs(one)) for one in (judged.inputs[0], judged.inputs[-1])]
        a, b = np.broadcast_arrays(*moduli)
        info = finfo(judged.dtype)
        largest = np.zeros(judged.exact.shape)
        for axis in (axis for axis, size in enumerate(a.shape) if size == 3):
            (a1, a2), (b1, b2) = ([np.roll(side, -by, axis) for by in (1, 2)] for side in (a, b))
            largest = np.maximum(largest, a1 * b2 + a2 * b1)
        spread = math.sqrt(5) if judged.exact.dtype.kind == "c" else 1
        allowed = 3 * spread * info.unit * largest + 3 * info.subnormal
        return unless_overflowing(allowed, largest < info.max, judged.exact)


@dataclass(frozen=True, slots=True)
class Areas(Bound):
    """Sums of n areas between samples y at places x: u|r| + 8 sqrt(n) u S, S = sum |x_j+1 - x_j| (|y_j+1| + |y_j|) / 2.

    Run on moduli, the differences of places would cancel; so S is taken from the inputs, along any dimension that may
    be the one. Each step rounds to the dtype itself, also in 16 bits.
    """

    words = "u|r| + 8 sqrt(n) u S"

    def allowed(self, judged: Judged) -> np.ndarray:
        info, y, x = finfo(judged.dtype), np.abs(judged.inputs[0]), judged.inputs[-1]
        areas = np.zeros(judged.exact.shape)
        for axis in range(y.ndim):
            heights, places = np.moveaxis(y, axis, -1), np.moveaxis(x, axis, -1)
            terms = np.abs(np.diff(places)) * (heights[..., 1:] + heights[..., :-1]) / 2
            for total in (terms.sum(-1), np.moveaxis(terms.cumsum(-1), -1, axis)):
                if total.shape == areas.shape:
                    areas = np.maximum(areas, total)
        length = max(y.shape, default=1)
        allowed = one_rounding(judged) + roundings_of_sum(length) * info.unit * areas + length * info.subnormal
        return unless_overflowing(allowed, areas * 2 < info.max, judged.exact)


@dataclass(frozen=True, slots=True)
class Product(Bound):
    """A product of n factors: n roundings to the dtype itself, whatever the order (Higham, 3.1).

    In some order a partial product overflows if that of the moduli above one does, and then may be inf or NaN.
    ``factors`` is the most that there can be, where the shapes do not tell. Of a ``running`` product there are as many
    results as factors, and at most as many factors as the input is long.
    """

    factors: int = 0
    running: bool = False
    words = "n u |r|"

    def allowed(self, judged: Judged) -> np.ndarray:
        spread = math.sqrt(5) if judged.exact.dtype.kind == "c" else 1
        longest = max(judged.inputs[0].shape, default=1) if self.running else 1
        allowed = spread * max(judged.terms, self.factors, longest) * ulp(judged.exact, real_of(judged.dtype))
        if judged.magnitude is None:
            return allowed
        reach = judged.magnitude()
        # An infinite product of other factors may meet a zero or not, but of NaN every product is NaN.
        within = np.where(reach < finfo(judged.dtype).max, allowed, np.inf)
        return np.where((reach != reach) & (judged.exact != judged.exact), 0.0, within)


@dataclass(frozen=True, slots=True)
class Softmax(Bound):
    """Class E: 2u p(4 + |x - m|) + n u p/2, as the rounding of x - m passes through exp, and that of the sum adds up.

    Blanchard, Higham and Higham (IMA J. Numer. Anal. 41, 2021). |x - m| is the ``magnitude``, or else |log p|,
    which exceeds it by the logarithm of the sum alone. A p that underflows may be 0. u is that of the result also in
    16 bits, where the shifted input, the exponential and the sum may each be rounded.
    """

    words = "2u p(4 + |x - m|) + n u p / 2"

    def allowed(self, judged: Judged) -> np.ndarray:
        p, info = judged.size, finfo(judged.dtype)
        away = judged.magnitude() if judged.magnitude is not None else np.abs(np.log(np.maximum(p, info.subnormal)))
        return 2 * info.unit * p * (4 + away) + _of_equal_terms(judged) * p + info.tiny + last_rounding(judged)


@dataclass(frozen=True, slots=True)
class LogSumExp(Bound):
    """Class E, logsumexp and log_softmax: 4u(1 + max|x| + ln n) + n u/2 (Blanchard, Higham and Higham, 2021).

    max|x| is the ``magnitude``, or else the largest finite modulus in the first input; n is ``terms``. u is that of
    the result also in 16 bits, where log, sum and maximum may each be rounded before they are combined. Where every
    result is made from the one before (``running``), that is repeated as often as the input is long: sqrt(n) times as
    much (Higham and Mary). Exponentials of complex numbers may cancel: what they are off by is magnified by the ratio
    of the sum of their moduli, of which the magnitude is the logarithm then, to the modulus of their sum.
    """

    running: bool = False
    words = "4u(1 + max|x| + ln n) + n u / 2, times S/|s| of complex numbers"

    def allowed(self, judged: Judged) -> np.ndarray:
        unit = finfo(judged.dtype).unit
        length = max(judged.inputs[0].shape, default=1) if self.running and judged.inputs else 1
        steps = math.sqrt(length)
        is_complex = judged.exact.dtype.kind == "c"
        from_complex = bool(judged.inputs) and judged.inputs[0].dtype.kind == "c"
        largest = _largest_finite(judged.inputs[0]) if from_complex else _largest(judged)
        allowed = 4 * unit * steps * (1 + largest + math.log(judged.terms * length)) + _of_equal_terms(judged)
        if is_complex and judged.magnitude is not None:
            cancelled = np.exp(judged.magnitude() - judged.exact.real)
            allowed = allowed * np.where(cancelled > 1, cancelled, 1)
        return allowed + last_rounding(judged)


def _of_equal_terms(judged: Judged) -> float:
    """The relative error of a sum of equal terms, at most as many as a dimension of the first input is long: n u/2."""
    count = max((judged.terms, *judged.inputs[0].shape)) if judged.inputs else judged.terms
    return count / 2 * finfo(judged.computing).unit


@dataclass(frozen=True, slots=True)
class Loss(Bound):
    """Class E, losses: a logsumexp where ``logits`` says so, then a sum of n terms of one sign unless S says more.

    (4u(1 + max|x|) where logits) + u|r| + (4 + 8 sqrt(n)) u S: the bounds of the parts, added; each term is itself a
    result of up to four operations, rounded to the dtype.
    """

    logits: bool = False

    @property
    def words(self) -> str:
        return ("4u(1 + max|x| + ln n) + " if self.logits else "") + "u|r| + 8 sqrt(n) u S"

    def allowed(self, judged: Judged) -> np.ndarray:
        allowed = Summation(integers=False).allowed(judged) + 4 * finfo(judged.dtype).unit * judged.sum_of_terms
        if self.logits:
            spread = 1 + _largest_finite(judged.inputs[0]) + math.log(max(judged.inputs[0].size, 1))
            allowed = allowed + 4 * finfo(judged.dtype).unit * spread
        return allowed


@dataclass(frozen=True, slots=True)
class Variance(Bound):
    """Class E, var, and std where ``root`` says so: 16 sqrt(n) u var, and what the rounding of the mean adds.

    Chan, Golub and LeVeque (Amer. Statist. 37, 1983), with sqrt(n) for n, unless that is more: what repeats itself is
    rounded the same way each time (``roundings_of_sum``). The mean, a sum of n terms, is off by
    d = (2 + sqrt(n)) u max|x|, which the deviations take over: 2 d std, and its square where the elements are nearly
    equal.
    """

    root: bool = False
    words = "16 sqrt(n) u var + 2 d std + d^2, d = (2 + sqrt(n)) u max|x|"

    def allowed(self, judged: Judged) -> np.ndarray:
        unit = finfo(judged.computing).unit
        allowed = 2 * roundings_of_sum(judged.terms) * unit * judged.size + last_rounding(judged)
        shift = _shift_of_the_mean(judged.inputs[0], judged.terms, unit) if judged.inputs else 0.0
        if self.root:
            return allowed + 2 * shift
        return allowed + 2 * shift * np.sqrt(judged.size) + shift * shift

    def is_lost(self, result: np.ndarray, elements: np.ndarray, dtype: DType) -> bool:
        """Whether a deviation is no larger than what rounding the mean of equal elements would make of zero."""
        unit = finfo(computing_dtype(dtype)).unit
        return self.root and bool(np.any(result <= 2 * _shift_of_the_mean(elements, elements.size, unit)))


def _shift_of_the_mean(elements: np.ndarray, terms: int, unit: float) -> float:
    return (2 + math.sqrt(terms)) * unit * _largest_finite(elements)


def unless_overflowing(allowed: np.ndarray, fits: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """An infinite allowance where something on the way may overflow, as that depends on the order.

    What is exactly NaN is NaN in every order: of NaN, of infinities of both signs, of zero times infinity. What is
    infinite since a term is, and nothing else overflows, is infinite in every order.
    """
    return np.where(exact != exact, 0.0, np.where(fits, np.where(np.isinf(exact), 0.0, allowed), np.inf))


def _sums_exactly(judged: Judged, terms_sum: np.ndarray, reach: float) -> bool:
    """Whether all terms are integers so small that no partial sum is rounded, in float32, TF32 or 16 bits split.

    ``reach`` is the last integer up to which partial sums are exact.
    """
    largest = 4 if judged.computing is not real_of(judged.dtype) else 8
    if not _are_integers(judged.inputs, largest):
        return False
    # A factor of another kind (alpha, 1/n) shows in the results.
    return _integral(judged.exact, reach) and _integral(terms_sum, reach)


def _are_integers(inputs: tuple[np.ndarray, ...], largest: float) -> bool:
    return bool(inputs) and all(_integral(given, largest) for given in inputs)


def _integral(values: np.ndarray, largest: float) -> bool:
    head = values.ravel()[:4] if values.size > 64 else values
    if head is not values and not _integral(head, largest):
        return False
    if values.dtype.kind == "c":
        return _integral(values.real, largest) and _integral(values.imag, largest)
    return bool((np.abs(values) <= largest).all() and (np.rint(values) == values).all())


def _largest(judged: Judged) -> np.ndarray | float:
    if judged.magnitude is not None:
        return judged.magnitude()
    return _largest_finite(judged.inputs[0] if judged.inputs else judged.exact)


def _largest_finite(values: np.ndarray) -> float:
    size = np.abs(values)
    return float(np.max(size, where=np.isfinite(size), initial=0.0))
