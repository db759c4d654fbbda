"""The streams that torch draws on the CPU, as one-dimensional arrays in the order of drawing.

A tensor is filled in the order of increasing memory address, whatever the order of its dimensions: a transposed tensor
gets its stream transposed. Arguments are taken as checked: bounds and dtypes are refused where tensors are made.

Integers, permutations, uniforms of [0, 1) and Bernoulli draws equal torch's bit for bit. Uniforms with other bounds do
so on x86 with AVX2, where torch's compiler fuses ``u * scale + low``. Normal and exponential deviates pass through log,
cos and sin, so that a bound holds and no identity: those functions return (rounded, unrounded), and say how far torch
may be from the unrounded value ("rounding" being half an ulp of the dtype, and of float32 before it for 16 bits).
Basis: observed in torch 2.13.0; no manual page promises a stream.
"""

from __future__ import annotations

import math

import numpy as np

from reference.dtypes import (
    BFLOAT16,
    BOOL,
    FLOAT16,
    FLOAT32,
    FLOAT64,
    INT8,
    INT16,
    INT32,
    INT64,
    UINT8,
    DType,
    real_of,
    round_to,
    wider,
)
from reference.errors import refuse
from reference.fma import fused_multiply_add
from reference.generator import Generator

# Significand bits, and the largest integer that random_() draws: all integers up to it are exact in the dtype.
_DIGITS = {FLOAT16: 11, BFLOAT16: 8, FLOAT32: 24, FLOAT64: 53}
_LARGEST = {BOOL: 1, UINT8: 2**8 - 1, INT8: 2**7 - 1, INT16: 2**15 - 1, INT32: 2**31 - 1, INT64: 2**63 - 1} | {
    dtype: 2**digits for dtype, digits in _DIGITS.items()
}
# From this range on, 32 random bits modulo the range would be visibly uneven: 64 are drawn.
_WIDE_RANGE = 2**28
# From this length on torch shuffles in another way.
_LONG_PERMUTATION = (2**32 - 1) // 20
# Box-Muller over arrays: blocks of eight radii, then eight angles.
_BLOCK = 16


def uniform(generator: Generator, n: int, dtype: DType, low: float = 0.0, high: float = 1.0) -> np.ndarray:
    """``n`` numbers of [low, high): ``rand`` and ``uniform_``.

    float64 takes 53 of 64 bits, the others 24 of 32, scaled in float32; a complex number takes two. What rounds to
    ``high`` becomes ``low``.
    """
    if dtype.is_complex:
        return uniform(generator, 2 * n, real_of(dtype), low, high).view(dtype.numpy)
    unit = _unit53(generator, n) if dtype is FLOAT64 else _unit24(generator, n)
    compute = unit.dtype.type
    start, end = compute(low), compute(high)
    scaled = unit if (low, high) == (0, 1) else fused_multiply_add(unit, float(end - start), float(start))
    drawn = scaled.astype(dtype.numpy)
    drawn[drawn == dtype.numpy.type(end)] = start
    return drawn


def random_full(generator: Generator, n: int, dtype: DType) -> np.ndarray:
    """``n`` integers of [0, largest], where every one is exact in ``dtype``: ``random_()``."""
    bits = generator.words64(n) if dtype in (INT64, FLOAT64) else generator.words(n)
    return _from_int64((bits % np.uint64(_LARGEST[dtype] + 1)).view(np.int64), dtype)


def random_to(generator: Generator, n: int, dtype: DType, high: int) -> np.ndarray:
    """``n`` integers of [0, high): ``random_(high)``."""
    return random_integers(generator, n, dtype, 0, high)


def random_integers(generator: Generator, n: int, dtype: DType, low: int, high: int | None) -> np.ndarray:
    """``n`` integers of [low, high): ``randint`` and ``random_(low, high)``, of bool, integral and floating dtypes.

    ``high=None`` means up to the largest that ``random_full`` draws, and with low = -2^63 all 64 bits. Bounds that a
    floating dtype cannot hold are first moved inwards; drawn integers that it cannot hold are rounded.
    """
    if high is None and low == -(2**63):
        return _from_int64(generator.words64(n).view(np.int64), dtype)
    if dtype in _DIGITS:
        low, high = _inner_low(low, dtype), None if high is None else _inner_high(high, dtype)
    span = (_LARGEST[dtype] + 1 if high is None else high) - low
    bits = generator.words(n) if span < _WIDE_RANGE else generator.words64(n)
    return _from_int64((bits % np.uint64(span) + np.uint64(low % 2**64)).view(np.int64), dtype)


def permutation(generator: Generator, n: int, dtype: DType = INT64) -> np.ndarray:
    """The integers below ``n`` in random order: ``randperm``.

    A Fisher-Yates shuffle from the front, one 32-bit word a swap. Refuses 214,748,364 elements and more, which torch
    shuffles in another way. A floating dtype rounds what it cannot hold (bfloat16 above 256).
    """
    if n >= _LONG_PERMUTATION:
        refuse(f"a permutation of {n} elements is not reproduced", "NotImplementedError")
    swaps = max(n - 1, 0)
    places = np.arange(swaps, dtype=np.uint64)
    partners = (places + generator.words(swaps) % (np.uint64(n) - places)).tolist()
    order = list(range(n))
    for place, partner in enumerate(partners):
        order[place], order[partner] = order[partner], order[place]
    return _from_int64(np.array(order, dtype=np.int64), dtype)


def normal(
    generator: Generator, n: int, dtype: DType, mean: float = 0.0, std: float = 1.0, *, contiguous: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """``n`` normal deviates, rounded and unrounded: ``randn`` and ``normal_``.

    Fewer than 16, or any number into a tensor that is not contiguous, are drawn one by one in float64, with the spare
    deviate of a pair kept for the next call. A contiguous tensor of 16 or more goes through blocks of 16, in float32
    (float64 for float64). A complex deviate takes two reals, each with ``std / sqrt(2)`` and (sic) each with ``mean``.
    With z = (deviate - mean) / std, torch is within rounding plus ``std`` times 4 ulp of z for float64, 3 float32 ulp
    of z for the others; without AVX2 it also rounds the angles of blocks in another way, which adds 2^-18 ``std``.
    """
    if dtype.is_complex:
        pair = normal(generator, 2 * n, real_of(dtype), mean, std / math.sqrt(2.0), contiguous=contiguous)
        return pair[0].view(dtype.numpy), pair[1].view(wider(dtype).numpy)
    if contiguous and n >= _BLOCK:
        compute = FLOAT64 if dtype is FLOAT64 else FLOAT32
        standard = _normal_blocks(_block_uniforms(generator, n, dtype), n)
    else:
        compute = FLOAT64
        standard = _normal_singles(generator, n, wider(dtype))
    wide = wider(dtype).numpy
    scale, shift = compute.numpy.type(std).astype(wide), compute.numpy.type(mean).astype(wide)
    with np.errstate(all="ignore"):
        unrounded = standard.astype(wide) * scale + shift
    return round_to(unrounded, dtype), unrounded


def exponential(generator: Generator, n: int, dtype: DType, rate: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """``n`` exponential deviates, rounded and unrounded: ``exponential_``.

    Drawn in float64 for every dtype: torch is within rounding plus 3 float64 ulp.
    """
    wide = wider(dtype).numpy
    with np.errstate(all="ignore"):
        unrounded = -np.log1p(-_unit53(generator, n).astype(wide)) / wide.type(rate)
    return round_to(unrounded, dtype), unrounded


def log_normal(
    generator: Generator, n: int, dtype: DType, mean: float = 1.0, std: float = 2.0
) -> tuple[np.ndarray, np.ndarray]:
    """``n`` numbers whose logarithms are normal deviates drawn one by one, rounded and unrounded: ``log_normal_``."""
    _, logarithms = normal(generator, n, FLOAT64, mean, std, contiguous=False)
    with np.errstate(all="ignore"):
        unrounded = np.exp(logarithms).astype(wider(dtype).numpy)
    return round_to(unrounded, dtype), unrounded


def cauchy(
    generator: Generator, n: int, dtype: DType, median: float = 0.0, sigma: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """``n`` Cauchy deviates, rounded and unrounded: ``cauchy_``.

    Drawn in float64 for every dtype. The angle is rounded as torch rounds it, which decides near the poles of tan.
    """
    wide = wider(dtype).numpy
    angle = math.pi * (_unit53(generator, n) - 0.5)
    with np.errstate(all="ignore"):
        unrounded = median + sigma * np.tan(angle.astype(wide))
    return round_to(unrounded, dtype), unrounded


def geometric(generator: Generator, n: int, p: float) -> np.ndarray:
    """``n`` counts of trials of chance ``p``, the first success included: ``geometric_``."""
    with np.errstate(all="ignore"):
        return np.asarray(np.ceil(np.log(_unit53(generator, n)) / np.log1p(-p)))


def bernoulli(generator: Generator, n: int, p: float) -> np.ndarray:
    """``n`` draws that are true with probability ``p``: ``bernoulli_(p)`` and dropout's mask, of any dtype."""
    return np.asarray(_unit53(generator, n) < p)


def bernoulli_each(generator: Generator, probabilities: np.ndarray) -> np.ndarray:
    """One draw for each probability: ``bernoulli(input)`` and ``bernoulli_(tensor)``.

    float64 probabilities take 53 bits, narrower ones 24.
    """
    if probabilities.dtype == np.float64:
        return np.asarray(_unit53(generator, probabilities.size) < probabilities)
    return np.asarray(_unit24(generator, probabilities.size) < probabilities.astype(np.float32))


def _unit24(generator: Generator, n: int) -> np.ndarray:
    """float32 multiples of 2^-24 in [0, 1), one 32-bit word each."""
    return (generator.words(n) & np.uint64(2**24 - 1)).astype(np.float32) * np.float32(2.0**-24)


def _unit53(generator: Generator, n: int) -> np.ndarray:
    """float64 multiples of 2^-53 in [0, 1), one 64-bit word each."""
    return (generator.words64(n) & np.uint64(2**53 - 1)).astype(np.float64) * 2.0**-53


def _from_int64(values: np.ndarray, dtype: DType) -> np.ndarray:
    """A cast as C++ does it: to 16-bit floats by way of float32, with two roundings."""
    if dtype in (FLOAT16, BFLOAT16):
        values = values.astype(np.float32)
    return values.astype(dtype.numpy)


def _rounded_integer(value: int, dtype: DType) -> int:
    return int(_from_int64(np.array([value], dtype=np.int64), dtype)[0])


def _spacing(value: int, dtype: DType) -> int:
    """The distance between neighbours of ``dtype`` in the binade of a large integer."""
    return int(2 ** (abs(value).bit_length() - _DIGITS[dtype]))


def _inner_low(low: int, dtype: DType) -> int:
    rounded = _rounded_integer(low + 1, dtype)
    return rounded + _spacing(low + 1, dtype) if rounded < low else low


def _inner_high(high: int, dtype: DType) -> int:
    rounded = _rounded_integer(high - 1, dtype)
    # 2^63 overflows torch's int64, which then looks small: the bound stays.
    return rounded - _spacing(high - 1, dtype) if high <= rounded < 2**63 else high


def _block_uniforms(generator: Generator, n: int, dtype: DType) -> np.ndarray:
    """Uniforms for whole blocks of 16; a rest makes one more block, that will replace the last 16 deviates.

    In float32 and float64 the rest had its uniforms drawn and thrown away.
    """
    unit = _unit53 if dtype is FLOAT64 else _unit24
    whole = n - n % _BLOCK
    if whole == n:
        return unit(generator, n)
    if dtype in (FLOAT32, FLOAT64):
        drawn = unit(generator, n + _BLOCK)
        return np.concatenate((drawn[:whole], drawn[n:]))
    return unit(generator, whole + _BLOCK)


def _normal_blocks(uniforms: np.ndarray, n: int) -> np.ndarray:
    """Standard normal deviates of the uniforms' next wider dtype, by the Box-Muller transform.

    The angle is rounded as torch rounds it: near the zeros of sin and cos that decides every bit.
    """
    wide = np.float64 if uniforms.dtype == np.float32 else np.longdouble
    blocks = uniforms.reshape(-1, 2, _BLOCK // 2)
    radius = np.sqrt(-2 * np.log((1 - blocks[:, 0]).astype(wide)))
    angle = (uniforms.dtype.type(2 * math.pi) * blocks[:, 1]).astype(wide)
    deviates = np.stack((radius * np.cos(angle), radius * np.sin(angle)), axis=1).ravel()
    if n == deviates.size:
        return np.asarray(deviates)
    whole = n - n % _BLOCK
    return np.concatenate((deviates[: n - _BLOCK], deviates[whole:]))


def _normal_singles(generator: Generator, n: int, wide: DType) -> np.ndarray:
    """Standard normal deviates drawn one by one: pairs of them, the spare one first and the odd one kept."""
    exact = wide.numpy
    spare = [] if generator.spare_normal is None or n == 0 else [generator.spare_normal]
    missing = n - len(spare)
    uniforms = _unit53(generator, missing + missing % 2).reshape(-1, 2)
    radius = np.sqrt(-2 * np.log1p(-uniforms[:, 1].astype(exact)))
    angle = (2 * math.pi * uniforms[:, 0]).astype(exact)
    pairs = np.stack((radius * np.cos(angle), radius * np.sin(angle)), axis=1).ravel()
    if n:
        generator.spare_normal = float(pairs[-1]) if missing % 2 else None
    return np.concatenate((np.array(spare, dtype=exact), pairs[:missing]))
