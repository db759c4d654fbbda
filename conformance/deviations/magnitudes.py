"""Circumstances of the elements that a call is given: infinities, ties, and what overflows on the way."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from conformance.deviations.arguments import order_of
from conformance.deviations.met import arguments_of, given_as
from conformance.model.case import Case
from conformance.standard import logical
from conformance.ulp import finfo
from reference.dtypes import BY_NAME, FLOAT32, INTEGRAL, real_of, round_to


def _an_input_holds_infinity(case: Case) -> bool:
    return any(bool(np.any(np.abs(logical(given)) == np.inf)) for given in case.inputs)


def _the_product_is_subnormal(case: Case) -> bool:
    """That of all elements, none of which is zero."""
    elements = logical(case.inputs[0])
    product = np.abs(np.prod(elements.astype(np.clongdouble)))
    return bool(0 < product < 2 * finfo(BY_NAME[case.inputs[0].dtype]).tiny)


def _alpha_times_a_factor_overflows(case: Case) -> bool:
    alpha = dict(case.main.kwargs).get("alpha", 1)
    if not isinstance(alpha, (int, float, complex)):
        return False
    factors = [given_as(case, argument) for argument in arguments_of(case.main)[1:]]
    return any(
        bool(np.any(np.abs(logical(one).astype(np.clongdouble) * alpha) > finfo(BY_NAME[one.dtype]).max))
        for one in factors
        if one is not None and BY_NAME[one.dtype].is_differentiable
    )


def _an_integer_factor_times_the_value_wraps(case: Case) -> bool:
    value = dict(case.main.kwargs).get("value", 1)
    factors = [given_as(case, argument) for argument in arguments_of(case.main)[1:]]
    integers = [logical(one) for one in factors if one is not None and BY_NAME[one.dtype] in INTEGRAL]
    return isinstance(value, int) and any(
        bool(np.any((one.astype(object) * value) != (one * np.array(value).astype(one.dtype)))) for one in integers
    )


def _the_value_is_rounded(case: Case) -> bool:
    """To the dtype of a factor, or to the default one where that is of integers."""
    value = dict(case.main.kwargs).get("value", 1)
    factors = [given_as(case, argument) for argument in arguments_of(case.main)[1:]]
    dtypes = [BY_NAME[one.dtype] for one in factors if one is not None]
    held = [real_of(dtype) if dtype.is_differentiable else FLOAT32 for dtype in dtypes]
    return isinstance(value, float) and any(float(round_to(np.array(value), dtype)) != value for dtype in held)


def _largest_differences_are_equal(case: Case) -> bool:
    """Between two rows, in several places."""
    rows = [logical(one) for one in map(partial(given_as, case), arguments_of(case.main)[:2]) if one is not None]
    if len(rows) < 2 or not rows[0].shape[-1]:
        return False
    differences = np.abs(rows[0][..., :, None, :] - rows[1][..., None, :, :])
    largest = differences == differences.max(axis=-1, keepdims=True)
    return bool(np.any(largest.sum(axis=-1) > 1))


def _a_power_overflows(case: Case) -> bool:
    """One on the way to the gradient of a norm: of an element or of the norm, or its reciprocal; or the norm itself."""
    order, (given, other) = order_of(case), [given_as(case, one) for one in (*arguments_of(case.main), None)[:2]]
    if given is None:
        return False
    # The norm of two is that of their difference.
    origin = 0 if other is None else logical(other).astype(np.clongdouble)
    sizes = np.abs(logical(given) - origin).astype(np.longdouble).ravel()
    with np.errstate(all="ignore"):
        norm = np.sum(sizes**order) ** (1 / np.longdouble(order or 1))
        powers = np.append(sizes[sizes > 0], norm) ** np.longdouble(max(abs(order), abs(order - 1)))
        powers = np.append(powers, norm)
    info = finfo(BY_NAME[given.dtype])
    return bool(np.any((powers > info.max) | (powers < info.tiny)))


def _the_sum_overflows(case: Case) -> bool:
    """That of all elements that are numbers."""
    given = case.inputs[0]
    return bool(np.nansum(np.abs(logical(given).astype(np.longdouble))) > finfo(BY_NAME[given.dtype]).max)


def _an_input_is_not_finite(case: Case) -> bool:
    return any(not np.all(np.isfinite(logical(given))) for given in case.inputs)


def _the_range_times_the_bins_overflows(case: Case) -> bool:
    """Of the elements of the first input, which fall into so many bins of equal width, 100 unless it is said."""
    given = case.inputs[0]
    elements = logical(given).astype(np.longdouble)
    counts = [argument for argument in arguments_of(case.main) if isinstance(argument, int)] or [100]
    return bool(np.ptp(elements) * max(counts) > finfo(BY_NAME[given.dtype]).max) if elements.size else False


def _exponentials_lie_a_subnormal_ratio_apart(case: Case) -> bool:
    """That of an element and that of the largest before it in some dimension, in complex128; the imaginary part, which
    is what is subnormal, may be smaller by a sine."""
    real = logical(case.inputs[0]).real.astype(np.float64)
    for dim in range(real.ndim):
        along = np.moveaxis(real, dim, 0)
        apart = np.abs(along[1:] - np.maximum.accumulate(along, axis=0)[:-1])
        if np.any((apart > 650) & (apart < 750)):
            return True
    return False


MAGNITUDES: dict[str, Callable[[Case], bool]] = {
    "alpha times a factor overflows": _alpha_times_a_factor_overflows,
    "an integer factor times the value wraps": _an_integer_factor_times_the_value_wraps,
    "the value is rounded": _the_value_is_rounded,
    "largest differences are equal": _largest_differences_are_equal,
    "an input holds infinity": _an_input_holds_infinity,
    "the product is subnormal": _the_product_is_subnormal,
    "an input is not finite": _an_input_is_not_finite,
    "the range times the bins overflows": _the_range_times_the_bins_overflows,
    "a power overflows": _a_power_overflows,
    "the sum overflows": _the_sum_overflows,
    "exponentials lie a subnormal ratio apart": _exponentials_lie_a_subnormal_ratio_apart,
}
