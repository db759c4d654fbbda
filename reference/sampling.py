"""Samples of given chances: categories by weight, and counts by rate. What is drawn is what torch draws on the CPU.

https://docs.pytorch.org/docs/stable/torch.html#random-sampling. Basis of the streams: observed in torch 2.13.0.
"""

from __future__ import annotations

import math

import numpy as np

from reference import distributions, layout
from reference.creation import zeros_like
from reference.draws import by_address, default_generator, place, refuse_unless
from reference.dtypes import FLOAT32, FLOAT64, INT64, Category, DType, round_to
from reference.errors import refuse
from reference.function import function
from reference.generator import Generator
from reference.tensor import Tensor

# From this rate on, counts come from transformed rejection, below it from products of uniform numbers.
_LARGE_RATE = 10.0
# Significand bits by the size of a dtype: those of bfloat16 rather than float16.
_DIGITS = {2: 8, 4: 24, 8: 53}


@function("PoissonBackward0")
def poisson(input: Tensor) -> Tensor:
    """Counts of the rates in ``input``, in its dtype. https://docs.pytorch.org/docs/stable/generated/torch.poisson.html

    Refuses a negative rate, and NaN.
    """
    refuse_unless(input.dtype, Category.FLOATING)
    rates = input.array.astype(np.float64).reshape(-1)
    if not (rates >= 0).all():
        refuse("invalid Poisson rate, expected rate to be non-negative")
    counts = np.array([_count(default_generator, rate) for rate in rates.tolist()], dtype=np.float64)
    return Tensor.of(round_to(counts, input.dtype).reshape(input.shape), input.dtype)


poisson.vjp("input", lambda g: zeros_like(g))


def _count(generator: Generator, rate: float) -> int:
    """One count: each takes as many words as it needs, so that no two can be drawn at once."""
    if rate >= _LARGE_RATE:
        return _by_rejection(generator, rate)
    return _by_products(generator, rate) if rate > 0 else 0


def _uniform(generator: Generator) -> float:
    return float(distributions.uniform(generator, 1, FLOAT64)[0])


def _by_products(generator: Generator, rate: float) -> int:
    """How many uniform numbers multiply to no less than exp(-rate) (Knuth, The Art of Computer Programming, 3.4.1)."""
    limit, product, count = math.exp(-rate), 1.0, 0
    while True:
        product *= _uniform(generator)
        if product <= limit:
            return count
        count += 1


def _by_rejection(generator: Generator, rate: float) -> int:
    """Algorithm PTRS of Hoermann, The transformed rejection method for generating Poisson random variables (1993)."""
    root = math.sqrt(rate)
    b = 0.931 + 2.53 * root
    a = -0.059 + 0.02483 * b
    scale = 1.1239 + 1.1328 / (b - 3.4)
    inner = 0.9277 - 3.6224 / (b - 2)
    while True:
        u = _uniform(generator) - 0.5
        v = _uniform(generator)
        edge = 0.5 - abs(u)
        count = math.floor((2 * a / edge + b) * u + rate + 0.43)
        if edge >= 0.07 and v <= inner:
            return count
        if count < 0 or (edge < 0.013 and v > edge):
            continue
        drawn = math.log(v) + math.log(scale) - math.log(a / (edge * edge) + b)
        if drawn <= -rate + count * math.log(rate) - math.lgamma(count + 1):
            return count


@function()
def multinomial(input: Tensor, num_samples: int, replacement: bool = False, *, out: Tensor | None = None) -> Tensor:
    """Indices of the last dimension, drawn with the chances that the weights in ``input`` give.

    Refuses what is no matrix or vector of finite weights that sum to more than zero, and more samples than there are
    weights unless they are put back. https://docs.pytorch.org/docs/stable/generated/torch.multinomial.html
    """
    if not input.dtype.is_floating_point:
        refuse(f"multinomial only supports floating-point dtypes for input, got {input.dtype!r}")
    if input.ndim not in (1, 2):
        refuse("prob_dist must be 1 or 2 dim")
    if num_samples <= 0:
        refuse("cannot sample n_sample <= 0 samples")
    if not replacement and num_samples > input.shape[-1]:
        refuse("cannot sample n_sample > prob_dist.size(-1) samples without replacement")
    if not input.shape[-1] and 0 not in input.shape[:-1]:
        refuse("aminmax(): cannot compute aminmax over an empty dimension")
    weights = input.array.reshape(input.shape if input.ndim == 2 else (1, -1))
    _check_weights(weights)
    if replacement and num_samples > 1:
        drawn, certain = _put_back(default_generator, weights, num_samples, input.dtype)
    else:
        deviates, _ = distributions.exponential(default_generator, weights.size, input.dtype)
        laid = by_address(deviates, input.shape, layout.preserved_strides(input.shape, input.strides))
        drawn, certain = _kept_out(weights, laid.reshape(weights.shape), num_samples, input.dtype)
    target = place((*input.shape[:-1], num_samples), None, out, INT64)
    target.array[...] = drawn.reshape(target.shape)
    target.written()
    target.specified = np.broadcast_to(certain.reshape(*input.shape[:-1], 1), target.shape)
    return target


def _check_weights(weights: np.ndarray) -> None:
    with np.errstate(all="ignore"):
        if not ((weights >= 0) & np.isfinite(weights)).all():
            refuse("probability tensor contains either `inf`, `nan` or element < 0")
        if (weights.astype(np.float64).sum(axis=-1) == 0).any():
            refuse("invalid multinomial distribution (sum of probabilities <= 0)")


def _kept_out(weights: np.ndarray, deviates: np.ndarray, count: int, dtype: DType) -> tuple[np.ndarray, np.ndarray]:
    """The largest quotients of a weight and an exponential deviate, in their order; uncertain where two are close."""
    with np.errstate(all="ignore"):
        exact = weights.astype(np.longdouble) / deviates
    quotients = round_to(exact, dtype).astype(np.float64)
    order = np.argsort(-quotients, axis=-1, kind="stable")
    leading = np.take_along_axis(quotients, order, -1)[:, : count + 1]
    close = leading[:, 1:] >= leading[:, :-1] * (1 - 8 * 2.0 ** -_DIGITS[min(dtype.itemsize, 8)])
    return order[:, :count], np.logical_not(close.any(axis=-1))


def _put_back(generator: Generator, weights: np.ndarray, count: int, dtype: DType) -> tuple[np.ndarray, np.ndarray]:
    """How many cumulative chances lie below a uniform number; uncertain where one lies beside it."""
    computing = (FLOAT64 if dtype is FLOAT64 else FLOAT32).numpy
    sums: np.ndarray = np.cumsum(weights.astype(computing), axis=-1, dtype=computing)
    chances = np.divide(sums, sums[:, -1:]).astype(np.float64)
    uniforms = distributions.uniform(generator, len(weights) * count, FLOAT64).reshape(len(weights), count, 1)
    drawn = (chances[:, None, :] < uniforms).sum(axis=-1)
    near = np.abs(chances[:, None, :] - uniforms) <= 2.0 ** (2 - _DIGITS[computing.itemsize])
    return np.minimum(drawn, weights.shape[-1] - 1), np.logical_not(near.any(axis=(-1, -2)))
