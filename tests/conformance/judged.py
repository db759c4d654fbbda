"""What tests of bounds share: a verdict on values, and sums of float32 in several orders."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from conformance.accuracy import (
    Accuracy,
    Judged,
    Summation,
    ValueVerdict,
    judge,
)
from reference.dtypes import BFLOAT16, FLOAT32, DType, round_to, wider

Array = np.ndarray[Any, Any]


def verdict(
    actual: Any, r: Any, accuracy: Accuracy, *inputs: Array, dtype: DType = FLOAT32, **seen: Any
) -> ValueVerdict:
    """Judge ``actual`` against the exact ``r`` by a bound that may look at ``inputs`` and ``seen``."""
    if "terms" in seen:
        seen["count_terms"] = partial(int, seen.pop("terms"))
    exact = np.asarray(r, wider(dtype).numpy)
    with np.errstate(all="ignore"):
        values = np.asarray(actual).astype(dtype.numpy)
        wide = tuple(given.astype(exact.real.dtype) if given.dtype.kind != "c" else given for given in inputs)
    judged = Judged("op", dtype, exact, wide, **seen)
    return judge(values, round_to(exact, dtype), exact, accuracy, judged)


def normal(seed: int, *shape: int) -> Array:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def summed_in_order(terms: Array) -> Array:
    return np.cumsum(terms, axis=-1, dtype=np.float32)[..., -1]


def summed_in_blocks(terms: Array) -> Array:
    width = 16
    padded = np.concatenate([terms, np.zeros((*terms.shape[:-1], -terms.shape[-1] % width), np.float32)], axis=-1)
    lanes = summed_in_order(np.swapaxes(padded.reshape(*terms.shape[:-1], -1, width), -1, -2))
    return summed_in_order(lanes)


def summed_in_bfloat16(terms: Array) -> Array:
    total = np.zeros(terms.shape[:-1])
    for i in range(terms.shape[-1]):
        total = round_to(total + terms[..., i].astype(np.float64), BFLOAT16).astype(np.float64)
    return total.astype(np.float32)


def to_tf32(values: Array) -> Array:
    """Rounded to the 11 bits that TF32 keeps of a factor, half up."""
    return ((values.view(np.uint32) + np.uint32(0x1000)) & np.uint32(0xFFFFE000)).view(np.float32)


def summed_pairwise(terms: Array) -> Array:
    return np.asarray(np.sum(terms, axis=-1, dtype=np.float32))


def summed_backwards(terms: Array) -> Array:
    return summed_in_order(terms[..., ::-1])


ORDERS = [summed_in_order, summed_in_blocks, summed_pairwise, summed_backwards]


def judge_sum(actual: Any, terms: Array, **seen: Any) -> ValueVerdict:
    wide = terms.astype(np.float64)
    seen |= {"magnitude": lambda: np.abs(wide).sum(-1), "terms": terms.shape[-1]}
    return verdict(actual, wide.sum(-1), Summation(), terms, **seen)


def judge_product(actual: Array, a: Array, b: Array, **seen: Any) -> ValueVerdict:
    wide_a, wide_b = a.astype(np.float64), b.astype(np.float64)
    seen |= {"magnitude": lambda: np.abs(wide_a) @ np.abs(wide_b), "terms": a.shape[-1]}
    return verdict(actual, wide_a @ wide_b, Summation(), a, b, **seen)
