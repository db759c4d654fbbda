"""Circumstances of single elements: something that is so wherever a result is wrong."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from conformance.compare import Difference
from conformance.deviations.met import Elements, Met
from conformance.judging import ValueVerdict
from conformance.ulp import finfo
from reference.gamma_function import LOG_PI, digamma, log_gamma

Mask = Callable[[Elements], np.ndarray]

_FLOAT32_UNIT = 2.0**-24
_HALF_PI = np.longdouble(np.pi) / 2


def wherever_wrong(is_so: Mask) -> Callable[[Met], bool]:
    """Whether each wrong element is such, of those that are wrong in the gravest way; of a gradient that sums what was
    broadcast, one of its terms."""

    def holds(met: Met) -> bool:
        elements, verdict = met.elements, met.difference.verdict
        if elements is None or verdict is None:
            return False
        with np.errstate(all="ignore"):
            so = np.broadcast_to(is_so(elements), elements.expected.shape)
        such = _any_to(so, verdict.wrong.shape)[_gravest(met.difference, verdict)]
        return bool(such.size and such.all())

    return holds


def _gravest(difference: Difference, verdict: ValueVerdict) -> np.ndarray:
    """The wrong elements that the pattern is about, where NaN and infinity are graver than an error in ulp."""
    if verdict.pattern.startswith("nan"):
        return verdict.wrong & ((difference.expected != difference.expected) ^ (difference.actual != difference.actual))
    if verdict.pattern == "inf":
        return verdict.wrong & ~(np.isfinite(difference.actual) & np.isfinite(difference.expected))
    return verdict.wrong


def _any_to(mask: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    leading = mask.ndim - len(shape)
    repeated = tuple(leading + dim for dim, size in enumerate(shape) if size == 1)
    return np.asarray(mask.any(axis=(*range(leading), *repeated), keepdims=True)).reshape(shape)


def _any_of(is_so: Callable[[np.ndarray], np.ndarray]) -> Mask:
    """One of the operands is such."""
    return lambda at: np.any([is_so(operand) for operand in at.operands], axis=0)


def _sign_of_the_lowest(at: Elements) -> np.ndarray:
    """In place, of a narrower dtype, the negative divisor is wrapped to that."""
    # Of a wider dtype, one that stands alone is cast: what is lowest then may have any sign.
    lowest = [np.isin(np.mod(one, 2.0 ** (b + 1)), 2.0**b) for one in at.operands for b in (7, 15, 31, 63)]
    both = at.actual + at.expected
    return np.any(lowest, axis=0) & ((both == 0) | (both == 2.0 ** (8 * at.dtype.itemsize)))


def _a_negative_whole_exponent(at: Elements) -> np.ndarray:
    exponent = at.operands[1]
    return (exponent < 0) & (exponent == np.rint(exponent))


def _equal(at: Elements) -> np.ndarray:
    """Two of the operands are."""
    given = at.operands
    return np.any([given[i] == given[j] for i in range(len(given)) for j in range(i)], axis=0)


def _trigamma_has_ten_digits(at: Elements) -> np.ndarray:
    """And of what is reflected, to the left of a half, those that rounding pi x before its sine leaves.

    At a pole that is none.
    """
    x = at.tensor
    off = 4 * _computed_unit(at) * (1 + np.abs(np.pi * x))
    angle = np.pi * (x - np.rint(x))
    relative = off / np.abs(np.sin(angle))
    reflected = np.where(relative < 0.5, 4 * relative * (np.abs(np.cos(angle)) + relative), np.inf)
    allowed = 2.0**-30 + np.where(x < 0.5, reflected, 0)
    is_pole = (x < 0) & (x == np.rint(x))
    return is_pole | (at.error <= allowed * np.abs(at.expected))


def _each_step_of_mvlgamma_is_rounded(at: Elements) -> np.ndarray:
    """x - j/2, its lgamma, the sum of all and the constant."""
    x, order = at.tensor, int(at.operands[-1].flat[0])
    arguments = [x - np.longdouble(j) / 2 for j in range(order)]
    moved = [np.abs(log_gamma(one)) + np.abs(x * digamma(one)) for one in arguments]
    return at.error <= (order + 2) * at.unit * (np.sum(moved, axis=0) + order**2 * LOG_PI)


def _the_logarithm_is_rounded(at: Elements) -> np.ndarray:
    """And its product with the other operand, which near the largest number overflows or does not."""
    size = np.abs(at.expected)
    within = at.error <= 3 * at.unit * size + finfo(at.dtype).subnormal
    return within | (size > at.largest * (1 - 4 * at.unit))


def _each_step_of_logit_is_rounded(at: Elements) -> np.ndarray:
    return at.error <= 4 * at.unit * (1 + np.abs(at.expected))


def _a_small_complex_weight(at: Elements) -> np.ndarray:
    """Below a half, by lerp's formula for the others: it rounds what is as large as start and end."""
    start, end, weight = at.operands
    return (np.abs(weight) < 0.5) & (at.error <= 16 * at.unit * (np.abs(start) + np.abs(end)))


def _ratio_of_exponentials_is_subnormal(at: Elements) -> np.ndarray:
    """In its imaginary part: that of e to the power of one operand and of the other, in complex64 or complex128.

    A quarter of the least subnormal number is rounded to it, where the modulus is before it is multiplied by a sine.
    """
    first, second = at.operands
    part = np.abs(np.exp(np.where(first.real < second.real, first - second, second - first)).imag)
    return ((part > 2.0**-151) & (part < 2.0**-126)) | ((part > np.longdouble(2) ** -1076) & (part < 2.0**-1022))


def _is_near_the_largest(at: Elements) -> np.ndarray:
    """Or infinite."""
    return np.abs(at.tensor) > at.largest / 32


def _the_power_of_two_overflows(at: Elements) -> np.ndarray:
    """Or underflows."""
    return np.abs(at.operands[1]) > np.log2(np.longdouble(at.largest)) - 2


def _the_exponential_overflows(at: Elements) -> np.ndarray:
    return np.abs(at.tensor) > np.log(np.longdouble(at.largest)) - 0.01


def _the_exponential_of_the_negative_overflows(at: Elements) -> np.ndarray:
    return -at.tensor.real > np.log(np.longdouble(at.largest)) - 0.01


def _the_sine_of_pi_x_overflows(at: Elements) -> np.ndarray:
    """It is as large as half the exponential of its imaginary part."""
    return np.pi * np.abs(at.tensor.imag) > np.log(np.longdouble(at.largest)) - 0.01


def _the_product_with_the_logarithm_overflows(at: Elements) -> np.ndarray:
    size = np.abs(at.tensor)
    return size * np.log(size) > 0.99 * at.largest


def _the_square_overflows(at: Elements) -> np.ndarray:
    return np.abs(at.tensor) ** 2 > at.largest


def _an_element_is_far_from_one(at: Elements) -> np.ndarray:
    """By more than an eighth of the digits, or a pole: what is wrong here spoils those beside it in a vector, too."""
    digits = finfo(at.dtype).p // 8
    size = np.abs(at.tensor)
    far = np.any((size > 2.0**digits) | (size < 2.0**-digits) | np.isinf(at.expected))
    return np.full(at.actual.shape, bool(far))


def _a_square_leaves_the_range(at: Elements) -> np.ndarray:
    """That of the modulus of an operand, or of the value, overflows, or has few digits."""
    info = finfo(at.dtype)
    squares = [np.abs(number).astype(np.longdouble) ** 2 for number in (*at.operands, at.expected)]
    beyond = [(square > info.max) | ((square < info.tiny / info.unit) & (square > 0)) for square in squares]
    return np.logical_or.reduce(np.broadcast_arrays(*beyond))


def _the_square_is_subnormal(at: Elements) -> np.ndarray:
    info, square = finfo(at.dtype), np.abs(at.tensor) ** 2
    return (square < info.tiny) & (at.error <= np.abs(at.expected) * (info.subnormal / square + 4 * at.unit))


def _each_product_of_a_power_is_rounded(at: Elements) -> np.ndarray:
    """Of as many factors as the exponent, given last, says; or the root. So is the reciprocal, and what is expected.
    What is subnormal has fewer digits, and of what overflows the reciprocal is zero."""
    exponent, info = at.operands[-1], finfo(at.dtype)
    is_made_so = (exponent == np.rint(exponent)) | (np.abs(exponent) == 0.5)
    square = np.abs(at.tensor) ** 2
    relative = (np.maximum(np.abs(exponent), 2) + 1) * at.unit
    relative = relative + np.where(square < info.tiny, 2 * info.subnormal / square, 0)
    overflows = (exponent < 0) & (np.abs(at.tensor) ** -exponent > (1 - at.unit) * at.largest) & (at.actual == 0)
    return is_made_so & (overflows | (at.error <= relative * np.abs(at.expected) + 2 * info.subnormal))


def _the_correction_of_erfinv_cancels(at: Elements) -> np.ndarray:
    """It is what rounding leaves of a difference of numbers near one, divided by the derivative of erf."""
    return at.error <= 4 * _computed_unit(at) * np.exp(at.expected**2)


def _pi_is_that_of_float32(at: Elements) -> np.ndarray:
    return at.error <= _FLOAT32_UNIT


def _the_product_is_rounded_before_the_sum(at: Elements) -> np.ndarray:
    """That of a number in [0, 1) and the extent, which is added to the first of its ends."""
    _, first, last = at.operands
    return at.error <= 2 * at.unit * (np.abs(first) + np.abs(last))


def _it_is_the_first_operand(at: Elements) -> np.ndarray:
    return at.actual == at.operands[0]


def _is_zero_or_infinite(at: Elements) -> np.ndarray:
    return (at.tensor == 0) | np.isinf(at.tensor)


def _its_logarithm_cancels(at: Elements) -> np.ndarray:
    """That of iz + sqrt(1 - z^2), and the like, by which inverse functions are computed; or z is on a branch cut,
    and the value that of its other side."""
    z = at.tensor
    off = 16 * at.unit * (1 + np.abs(z) ** 2)
    on_a_cut = (np.abs(z) > 1) & ((z.real == 0) | (z.imag == 0))
    across = np.minimum(np.abs(np.conj(at.actual) - at.expected), np.abs(np.conj(at.actual) + at.expected))
    return (off > 1) | (at.error <= off) | (on_a_cut & (across <= off))


def _added_times_the_lowest(at: Elements) -> np.ndarray:
    """What should be subtracted, times alpha, which is given last."""
    if len(at.operands) < 3:  # alpha is left out
        return np.zeros(at.actual.shape, np.bool_)
    first, second, alpha = at.operands
    added = (first + alpha * second, second + alpha * first)
    close = [(at.actual == one) | (np.abs(at.actual - one) <= 4 * at.unit * np.abs(one)) for one in added]
    return (alpha == -(2.0**63)) & (np.any(close, axis=0) | np.isnan(added).any(axis=0))


def _the_scaled_operand_overflows(at: Elements) -> np.ndarray:
    """Either of two by alpha, which is given last."""
    if len(at.operands) < 3:
        return np.zeros(at.actual.shape, np.bool_)
    first, second, alpha = at.operands
    return np.maximum(np.abs(first), np.abs(second)) * np.abs(alpha) > at.largest


def _the_reciprocal_overflows(at: Elements) -> np.ndarray:
    """That of the divisor."""
    _, divisor, *_ = at.operands
    return np.abs(divisor) * at.largest < 1


def _the_quotient_overflows(at: Elements) -> np.ndarray:
    dividend, divisor = at.operands
    return np.abs(dividend / divisor) > at.largest / 2


def _sinc_cancels(at: Elements) -> np.ndarray:
    """The terms of its derivative are 1/x each, near zero."""
    x = np.abs(at.tensor)
    return (x < 1) & (at.error <= 16 * at.unit * np.abs(at.cotangent) / x)


def _acos_cancels(at: Elements) -> np.ndarray:
    """With pi/2, of which what is left has the digits."""
    return at.error <= 8 * at.unit * _HALF_PI


def _small_digits_are_lost(at: Elements) -> np.ndarray:
    """What is computed on the way, in float32 at least, has the digits of numbers near one."""
    return at.error <= 8 * _computed_unit(at) + 4 * at.unit * np.abs(at.expected)


def _the_logarithm_of_gamma_is_lost(at: Elements) -> np.ndarray:
    """That of 1 + a, rounded: it is off by what rounding leaves of a, or by so many units."""
    lost = np.minimum(8 * _computed_unit(at), np.abs(at.tensor))
    rounded = (at.unit + 16 * _computed_unit(at)) * np.abs(at.expected) + finfo(at.dtype).subnormal
    return at.error <= lost + rounded


def _computed_unit(at: Elements) -> float:
    """What 16 bits are computed in is float32."""
    return _FLOAT32_UNIT if at.dtype.itemsize <= 4 else at.unit


def _one_step_of_a_quotient(at: Elements) -> np.ndarray:
    """Off by one, or by one place of the dtype or two."""
    return at.error <= np.maximum(1, 4 * at.unit * np.abs(at.expected))


def _left_of_a_floored_quotient(at: Elements) -> np.ndarray:
    """x - y floor(x / y), each step rounded: off by that, or by y; of an infinite y or quotient nothing is left."""
    x, y = at.operands
    off = 4 * _computed_unit(at) * np.abs(x) + 2 * at.unit * np.abs(at.expected)
    overflows = np.isinf(y) | (np.abs(x / y) * 2 > at.largest)
    return overflows | (at.error <= off) | (np.abs(at.error - np.abs(y)) <= off)


def _nan_beside_an_end(at: Elements) -> np.ndarray:
    """Of the range that the other operand has in the dtype: zero or infinity."""
    one, other = (at.operands[i] for i in (0, 1))
    return ((one != one) & _is_an_end(other, at)) | ((other != other) & _is_an_end(one, at))


def _is_an_end(operand: np.ndarray, at: Elements) -> np.ndarray:
    return (np.abs(operand) > at.largest) | (np.abs(operand) <= finfo(at.dtype).subnormal / 2)


def _first_is_zero(at: Elements) -> np.ndarray:
    return at.operands[0] == 0


def _zero_or_one(at: Elements) -> np.ndarray:
    """The first operand, of numbers beyond whose range it is cut."""
    return np.isin(at.operands[0], (0, 1))


def _base_or_exponent_is_zero(at: Elements) -> np.ndarray:
    return (at.operands[0] == 0) | (at.operands[1] == 0)


def _is_left_or_filled(at: Elements) -> np.ndarray:
    """As it was, or what others are to be filled with."""
    known = np.stack([at.operands[0], at.expected])
    return np.isin(at.actual, known) | (np.isnan(at.actual) & np.isnan(known).any())


def _is_the_negative(at: Elements) -> np.ndarray:
    return at.actual == -at.expected


ELEMENTS: dict[str, Mask] = {
    "the lowest integer loses its sign": _sign_of_the_lowest,
    "an exponent is whole and negative": _a_negative_whole_exponent,
    "operands are equal": _equal,
    "an operand is infinite": _any_of(np.isinf),
    "an operand is NaN": _any_of(np.isnan),
    "trigamma has ten digits": _trigamma_has_ten_digits,
    "each step of mvlgamma is rounded": _each_step_of_mvlgamma_is_rounded,
    "the logarithm is rounded": _the_logarithm_is_rounded,
    "each step of logit is rounded": _each_step_of_logit_is_rounded,
    "a complex weight is small": _a_small_complex_weight,
    "a ratio of exponentials is subnormal": _ratio_of_exponentials_is_subnormal,
    "an element is near the largest": _is_near_the_largest,
    "the power of two overflows": _the_power_of_two_overflows,
    "the exponential overflows": _the_exponential_overflows,
    "the exponential of the negative overflows": _the_exponential_of_the_negative_overflows,
    "the sine of pi x overflows": _the_sine_of_pi_x_overflows,
    "the product with the logarithm overflows": _the_product_with_the_logarithm_overflows,
    "the square overflows": _the_square_overflows,
    "a square leaves the range": _a_square_leaves_the_range,
    "an element is far from one": _an_element_is_far_from_one,
    "the square is subnormal": _the_square_is_subnormal,
    "each product of a power is rounded": _each_product_of_a_power_is_rounded,
    "the correction of erfinv cancels": _the_correction_of_erfinv_cancels,
    "pi is that of float32": _pi_is_that_of_float32,
    "the product is rounded before the sum": _the_product_is_rounded_before_the_sum,
    "it is the first operand": _it_is_the_first_operand,
    "an element is zero or infinite": _is_zero_or_infinite,
    "its logarithm cancels": _its_logarithm_cancels,
    "it is added times the lowest integer": _added_times_the_lowest,
    "the scaled operand overflows": _the_scaled_operand_overflows,
    "the quotient overflows": _the_quotient_overflows,
    "the reciprocal overflows": _the_reciprocal_overflows,
    "the derivative of sinc cancels": _sinc_cancels,
    "acos cancels": _acos_cancels,
    "the logarithm of gamma is lost": _the_logarithm_of_gamma_is_lost,
    "digits of small numbers are lost": _small_digits_are_lost,
    "a quotient is off by a step": _one_step_of_a_quotient,
    "it is left of a floored quotient": _left_of_a_floored_quotient,
    "NaN is beside zero or infinity": _nan_beside_an_end,
    "the first operand is zero": _first_is_zero,
    "an element is zero or one": _zero_or_one,
    "a base or an exponent is zero": _base_or_exponent_is_zero,
    "elements are left or filled": _is_left_or_filled,
    "it is the negative": _is_the_negative,
}
