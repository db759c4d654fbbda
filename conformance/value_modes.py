"""Modes of values: what kinds of numbers random bits are made into.

NumPy does not promise its distributions, so they are made here from raw bits: the same seed gives the same values on
every machine and with every NumPy. Of a kind of which 65,536 are enough, so many are made once, and drawn from these.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import TypeAlias

import numpy as np

from conformance.random_bits import random_bits
from conformance.ulp import finfo
from conformance.ulp_table import WORST_INPUTS
from reference.dtypes import BFLOAT16, BOOL, FLOAT64, Category, DType, round_to

Mode: TypeAlias = "Callable[[np.ndarray, DType], np.ndarray]"
"""Values of a dtype from words of 64 random bits."""

EVERY = "every"
"""The mode that is not drawn at all: values are counted from the seed on."""

_PLACES = 4  # of 16 bits in a word
_WORD, _PLACE = np.dtype("<u8"), np.dtype("<u2")
_LOW_QUARTERS = np.uint64(0x0000FFFF0000FFFF)
_BOTH_HALVES = np.uint64(0x0000000100000001)
_HALF = np.uint64(32)


def draw(mode: str, words: Callable[[int], np.ndarray], length: int, dtype: DType) -> np.ndarray:
    """Rows of ``length`` values; ``words`` gives rows of so many words of 64 random bits."""
    if mode in COMPUTED:
        return COMPUTED[mode](words(length), dtype)
    places = words(-(-length // _PLACES)).astype(_WORD, copy=False).view(_PLACE)
    return _made(MADE[mode], dtype).take(places[..., :length], mode="wrap")


@cache
def _made(kind: Mode, dtype: DType) -> np.ndarray:
    return kind(random_bits(0, range(1), 1 << 16)[0], dtype)


def _some_made(kind: Mode, raw: np.ndarray, dtype: DType) -> np.ndarray:
    return _made(kind, dtype).take((raw >> np.uint64(48)).view(np.int64), mode="wrap")


def _unit(raw: np.ndarray) -> np.ndarray:
    """Uniform in [0, 1) from the upper 53 bits."""
    return (raw >> np.uint64(11)).view(np.int64) * 2.0**-53


def _below(count: int, raw: np.ndarray) -> np.ndarray:
    """Integers from 0 to ``count`` - 1 from the upper 32 bits, by a product, since a remainder takes longer."""
    return (((raw >> _HALF) * np.uint64(count)) >> _HALF).view(np.int64)


def _normal(raw: np.ndarray, dtype: DType) -> np.ndarray:
    """Near to a normal distribution: the sum of four uniform 16-bit numbers, scaled. Integers: -9 to 9."""
    if dtype.category < Category.FLOATING:
        return _small(raw, dtype)
    halves = (raw & _LOW_QUARTERS) + ((raw >> np.uint64(16)) & _LOW_QUARTERS)
    total = ((halves * _BOTH_HALVES) >> _HALF).view(np.int64)
    return round_to((total - 131070) * (1.7320508 / 65536.0), dtype)


def _bits(raw: np.ndarray, dtype: DType) -> np.ndarray:
    """Raw bit patterns: every value of the dtype, NaNs and subnormals among them, as likely as any other."""
    if dtype is BOOL:
        return (raw >> np.uint64(63)).astype(np.bool_)
    shifted = raw >> np.uint64(64 - 8 * dtype.itemsize)
    return shifted.astype(np.dtype(f"u{dtype.itemsize}")).view(dtype.numpy)


def _every(raw: np.ndarray, dtype: DType) -> np.ndarray:
    """Consecutive bit patterns: every value of a dtype in turn, from the one whose bits are the seed."""
    if dtype is BOOL:
        return (raw & np.uint64(1)).astype(np.bool_)
    return raw.astype(np.dtype(f"u{dtype.itemsize}")).view(dtype.numpy)


def _small(raw: np.ndarray, dtype: DType) -> np.ndarray:
    """Integers of at most 8 (at most 4 in 16 bits), whose sums of products are exact in any order."""
    if dtype is BOOL:
        return _bits(raw, dtype)
    reach = 4 if dtype.itemsize <= 2 else 8
    values = _below(2 * reach + 1, raw).astype(np.int16) - reach
    if not dtype.is_signed:
        values = np.abs(values)
    return round_to(values, dtype)


def _gaps(raw: np.ndarray, dtype: DType) -> np.ndarray:
    """Normal values, one in 16 of them missing: NaN, which nothing may swallow and nothing can overflow with."""
    if dtype.category < Category.FLOATING:
        return _normal(raw, dtype)
    return np.where((raw & np.uint64(15)) == 0, dtype.numpy.type("nan"), _normal(raw, dtype)).astype(dtype.numpy)


def _unbounded(raw: np.ndarray, dtype: DType) -> np.ndarray:
    """Normal values, one in 64 of them NaN or infinite: so few that most sums of several have none, or a single one."""
    if dtype.category < Category.FLOATING:
        return _normal(raw, dtype)
    ends = np.array([math.nan, math.inf, math.nan, -math.inf], dtype.numpy)
    end = ends.take((raw >> np.uint64(6)).astype(np.int64) & 3)
    return np.where((raw & np.uint64(63)) == 0, end, _normal(raw, dtype)).astype(dtype.numpy)


def _masked(raw: np.ndarray, dtype: DType) -> np.ndarray:
    """Normal values, one in six of them minus infinity, of which the exponential is zero: what attention masks."""
    if dtype.category < Category.FLOATING:
        return _normal(raw, dtype)
    return np.where(raw % np.uint64(6) == 0, dtype.numpy.type(-math.inf), _normal(raw, dtype)).astype(dtype.numpy)


def _near(raw: np.ndarray, dtype: DType) -> np.ndarray:
    """Normal values about 32, 256 or 2048 (in 16 bits 32), of either sign: near to each other, and far from zero.

    Where two sums are subtracted that should have been one of differences, nothing is left of these.
    """
    if dtype.category < Category.FLOATING:
        return _normal(raw, dtype)
    first = raw[..., :1]
    exponent = np.array([5, 5, 5] if dtype.itemsize <= 2 else [5, 8, 11]).take(_below(3, first))
    about = np.ldexp(np.where(first & np.uint64(1), 1.0, -1.0), exponent)
    return round_to(about + _some_made(_normal, raw, FLOAT64), dtype)


def _few(raw: np.ndarray, dtype: DType) -> np.ndarray:
    """Integers of at most 2, of which most are met several times."""
    if dtype is BOOL:
        return _bits(raw, dtype)
    values = _below(5, raw).astype(np.int16) - 2
    return round_to(values if dtype.is_signed else np.abs(values), dtype)


def _positive(raw: np.ndarray, dtype: DType) -> np.ndarray:
    """Integers 1 to 8: divisors, exponents, counts."""
    if dtype is BOOL:
        return np.ones(raw.shape, np.bool_)
    return round_to(1 + _below(4 if dtype.itemsize <= 2 else 8, raw).astype(np.int16), dtype)


def _quarters(raw: np.ndarray, dtype: DType) -> np.ndarray:
    """Exponents: quarters from -4 to 4, one in nine of them 0; of an integral dtype whole ones from -1 or 0 to 4."""
    if dtype.category < Category.FLOATING:
        whole = _below(5, raw) - (raw & np.uint64(1)).view(np.int64) * dtype.is_signed
        return whole.astype(dtype.numpy)
    quarters = (_below(36, raw) - 16) / 4
    return round_to(np.where(quarters > 4, 0.0, quarters), dtype)


def _exponents(raw: np.ndarray, dtype: DType) -> np.ndarray:
    """The same, but one in eight is no number, or none that is finite, or a zero below zero; of an integral dtype one
    next to the last that is multiplied out, or beyond it."""
    if dtype.category is Category.FLOATING:
        ends = np.array([math.nan, math.inf, -math.inf, -0.0])
    elif dtype.category is Category.INTEGRAL:
        most = int(np.iinfo(dtype.numpy).max)
        ends = np.array(
            [-3, -2, 5, 6, 7, 31, 64, most] if dtype.is_signed else [5, 6, 7, 8, 31, 63, 64, most], dtype.numpy
        )
    else:
        return _quarters(raw, dtype)
    end = ends.take((raw >> np.uint64(8)).astype(np.int64) & (len(ends) - 1))
    return round_to(np.where((raw & np.uint64(7)) == 0, end, _quarters(raw, dtype)), dtype)


def _rates(raw: np.ndarray, dtype: DType) -> np.ndarray:
    """Quarters from 0 to 31: rates and counts."""
    return round_to(_below(125, raw) / 4, dtype)


def _orders(raw: np.ndarray, dtype: DType) -> np.ndarray:
    """Parameters of a special function: quarters from 0 to 7.75, in one of eight what is none or the last there is."""
    quarters = _below(32, raw) / 4
    ends = np.array([math.nan, math.inf, -math.inf, -0.0, -1.0, -0.5])
    end = ends.take((raw >> np.uint64(8)).astype(np.int64) % len(ends))
    return round_to(np.where((raw & np.uint64(7)) == 0, end, quarters), dtype)


def _large_orders(raw: np.ndarray, dtype: DType) -> np.ndarray:
    """Quarters from 24 to 151.75."""
    return round_to(24 + _below(512, raw) / 4, dtype)


def _small_orders(raw: np.ndarray, dtype: DType) -> np.ndarray:
    """Positive numbers from 1/4 down by powers of two, to the first that is not normal in 16 bits."""
    return round_to((1.0 + _unit(raw)) * 2.0 ** -(3 + (raw & np.uint64(0xFF)).astype(np.float64) % 11), dtype)


def _log_uniform(raw: np.ndarray, dtype: DType) -> np.ndarray:
    """Magnitudes of 2^-40 to 2^40 (2^-12 to 2^12 for float16), either sign. Integers of any number of bits."""
    if dtype.category < Category.FLOATING:
        bits = _bits(raw, dtype)
        return bits if dtype is BOOL else bits >> (raw & np.uint64(8 * dtype.itemsize - 1)).astype(bits.dtype)
    return _spread(raw, dtype, 12 if dtype.itemsize == 2 and dtype is not BFLOAT16 else 40)


def _wide(raw: np.ndarray, dtype: DType) -> np.ndarray:
    """Magnitudes of every size that is normal in the dtype, either sign: their squares leave its range."""
    if dtype.category < Category.FLOATING:
        return _log_uniform(raw, dtype)
    return _spread(raw, dtype, -int(np.log2(finfo(dtype).tiny)))


def _spread(raw: np.ndarray, dtype: DType, reach: int) -> np.ndarray:
    powers = _powers(reach)
    return round_to((1.0 + _unit(raw)) * powers.take((raw & np.uint64(len(powers) - 1)).view(np.int64)), dtype)


@cache
def _powers(reach: int) -> np.ndarray:
    """Powers of two from 2^-reach on to below 2^reach, each as often, of either sign."""
    sizes = np.ldexp(1.0, np.arange(1 << 10) * 2 * reach // (1 << 10) - reach)
    return np.concatenate([sizes, -sizes])


def _special(raw: np.ndarray, dtype: DType) -> np.ndarray:
    """Elements of the special pool."""
    pool = special_pool(dtype)
    return pool.take(_below(len(pool), raw))


def _mixed(raw: np.ndarray, dtype: DType) -> np.ndarray:
    """Normal values with a special one in eight."""
    rare = (raw & np.uint64(7)) == 0
    return np.where(rare, _special(raw, dtype), _normal(raw, dtype)).astype(dtype.numpy)


def _dividends(raw: np.ndarray, dtype: DType) -> np.ndarray:
    """Values of every kind, element by element: small, special, any, normal."""
    return np.where((raw & np.uint64(3)) == 0, _bits(raw, dtype), _some_made(_familiar, raw, dtype))


def _familiar(raw: np.ndarray, dtype: DType) -> np.ndarray:
    kinds = [_small(raw, dtype), _special(raw, dtype), _normal(raw, dtype)]
    return np.choose(np.arange(raw.size) % len(kinds), kinds)


def _divisors(raw: np.ndarray, dtype: DType) -> np.ndarray:
    """The same, but of integers neither 0 nor -1, over which not every integer has a quotient."""
    drawn = _dividends(raw, dtype)
    if dtype.category is not Category.INTEGRAL:
        return drawn
    return np.where((drawn == 0) | (drawn == -1), dtype.numpy.type(3), drawn)


def _negatable(raw: np.ndarray, dtype: DType) -> np.ndarray:
    """The same, but of integers not the lowest, whose absolute value is out of range."""
    drawn = _dividends(raw, dtype)
    if dtype.category is not Category.INTEGRAL or not dtype.is_signed:
        return drawn
    return np.maximum(drawn, np.iinfo(dtype.numpy).min + 1)


def _lengths(raw: np.ndarray, dtype: DType) -> np.ndarray:
    """Positive numbers: normal ones without their sign."""
    drawn = np.abs(_normal(raw, dtype))
    return np.where(drawn == 0, dtype.numpy.type(1), drawn).astype(dtype.numpy)


def _factors(raw: np.ndarray, dtype: DType) -> np.ndarray:
    """Mostly one, a quarter of them 1/2, 3/4, 3/2 or 2, of either sign: products of many are in range."""
    if dtype.category < Category.FLOATING:
        return _positive(raw, dtype)
    sizes = np.array([0.5, 0.75, 1.5, 2.0, *[1.0] * 12])
    drawn = sizes.take((raw & np.uint64(15)).view(np.int64))
    return round_to(np.where(raw & np.uint64(16), drawn, -drawn), dtype)


def _zero(raw: np.ndarray, dtype: DType) -> np.ndarray:
    """Nothing but zeros."""
    return np.zeros(raw.shape, dtype.numpy)


def _places(raw: np.ndarray, dtype: DType) -> np.ndarray:
    """Numbers of places by which an integer of the dtype may be shifted: fewer than it has bits."""
    if dtype.category is not Category.INTEGRAL:
        return _small(raw, dtype)
    return _below(8 * dtype.itemsize, raw).astype(dtype.numpy)


def _any(raw: np.ndarray, dtype: DType) -> np.ndarray:
    """Values of every kind, element by element: for what hands them on as they are."""
    kinds = (_normal, _special, _small, _bits, _log_uniform, _middles)
    return np.choose(np.arange(raw.size) % len(kinds), [kind(raw, dtype) for kind in kinds])


def _middles(raw: np.ndarray, dtype: DType) -> np.ndarray:
    """In the middle of two float16 or bfloat16 near one, or next to there: what a cast may round the wrong way."""
    if dtype.category is not Category.FLOATING or dtype.itemsize < 4:
        return _special(raw, dtype)
    odd, digits = 2 * _below(8, raw) + 1, np.where(raw & np.uint64(1), 11, 8)
    next_to = ((raw >> np.uint64(1)).astype(np.int64) % 3 - 1) * 2.0 ** (-23 if dtype.itemsize == 4 else -40)
    return round_to(1 + np.ldexp(odd.astype(np.float64), -digits) + next_to, dtype)


def _unit_values(raw: np.ndarray, dtype: DType) -> np.ndarray:
    """Uniform in [0, 1): probabilities, weights."""
    if dtype.category < Category.FLOATING:
        return _bits(raw, dtype)
    return round_to(_unit(raw), dtype)


MADE: dict[str, Mode] = {
    "normal": _normal,
    "small": _small,
    "few": _few,
    "positive": _positive,
    "gaps": _gaps,
    "unbounded": _unbounded,
    "masked": _masked,
    "lengths": _lengths,
    "any": _any,
    "factors": _factors,
    "quarters": _quarters,
    "exponents": _exponents,
    "rates": _rates,
    "orders": _orders,
    "large-orders": _large_orders,
    "small-orders": _small_orders,
    "mixed": _mixed,
    "special": _special,
}
"""Modes of which values are made once, to be drawn from."""

COMPUTED: dict[str, Mode] = {
    "near": _near,
    "dividends": _dividends,
    "divisors": _divisors,
    "negatable": _negatable,
    "zero": _zero,
    "places": _places,
    "unit": _unit_values,
    "log-uniform": _log_uniform,
    "wide": _wide,
    "bits": _bits,
    EVERY: _every,
}
"""Modes of which every value is made anew."""

_FLOAT_POOL = (
    *(0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 2.0, 3.0),
    *(1e-8, -1e-8, 10.0, -10.0, 88.8, -103.97, 3.1415927),
)

_ENDS_OF_EXP = (709.5, 710.0, -708.0, -744.5)
"""Of float64: before and after it overflows, before it is subnormal, and before it is zero."""

# What is lost most often, and so is drawn most often.
_TELLING = (float("inf"), float("-inf"), float("nan"), -0.0)
_PARTS = (0.0, 1.0, -0.5, 2.5, *_TELLING)


@cache
def special_pool(dtype: DType) -> np.ndarray:
    """The values at which implementations go wrong: zeros, extremes, subnormals, infinities, NaN, known worst ones."""
    if dtype is BOOL:
        return np.array([False, True])
    if dtype.is_complex:
        return np.array([complex(a, b) for a in _PARTS for b in _PARTS], dtype.numpy)
    if dtype.category is Category.INTEGRAL:
        extremes = np.iinfo(dtype.numpy)
        low, high = int(extremes.min), int(extremes.max)
        chosen = {0, 1, 2, 3, 7, high, high - 1, high // 2, low, low + 1, -1 if low else 1, -2 if low else 2}
        return np.array(sorted(chosen, key=abs), dtype.numpy)
    return _float_pool(dtype)


def _float_pool(dtype: DType) -> np.ndarray:
    extremes = finfo(dtype)
    tiny, largest, least = float(extremes.tiny), float(extremes.max), float(extremes.subnormal)
    edges = [tiny, -tiny, least, -least, tiny - least, largest, -largest, largest**0.5 * 1.01, tiny**0.5]
    ends = _ENDS_OF_EXP if dtype is FLOAT64 else ()
    pool = [*_FLOAT_POOL, *ends, *edges, *WORST_INPUTS.values(), *_TELLING * 4]
    return round_to(np.array(pool), dtype)
