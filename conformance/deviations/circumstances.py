"""Circumstances under which a deviation is met, where what differs does not tell: facts about the case."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import combinations
from math import prod

import numpy as np

from conformance.model.case import Case, Ref, references
from conformance.standard import logical
from conformance.ulp import finfo
from reference.dtypes import BY_NAME
from reference.layout import contiguous_strides


def _out_is_an_input(case: Case) -> bool:
    """``out=`` is a tensor that the call reads."""
    out = dict(case.main.kwargs).get("out")
    read = (*case.main.args, *(value for name, value in case.main.kwargs if name != "out"))
    return isinstance(out, Ref) and any(out.name in references(argument) for argument in read)


def _out_strides_exceed_it(case: Case) -> bool:
    """A single element of ``out=`` has a stride larger than the number of elements."""
    outs = [given for given in case.inputs if given.name == "out"]
    return any(
        size == 1 and stride > prod(given.shape)
        for given in outs
        for size, stride in zip(given.shape, given.strides, strict=True)
    )


def _input_is_expanded(case: Case) -> bool:
    given = case.inputs[0]
    return any(size > 1 and not stride for size, stride in zip(given.shape, given.strides, strict=True))


def _input_is_not_contiguous(case: Case) -> bool:
    """Counting the strides of dimensions of one element, which address nothing and which kernels read all the same."""
    return case.inputs[0].strides != contiguous_strides(case.inputs[0].shape)


def _input_holds_nan(case: Case) -> bool:
    values = logical(case.inputs[0])
    return bool(np.any(values != values))


def _order_is_infinite(case: Case) -> bool:
    arguments = (*case.main.args, *dict(case.main.kwargs).values())
    return any(isinstance(argument, float) and math.isinf(argument) for argument in arguments)


def _operands_are_equal(case: Case) -> bool:
    """Two of the real tensors and numbers that are read have an element in common, at the same place."""
    read = [logical(given).astype(np.float64) for given in case.inputs if given.name not in ("cotangent", "out")]
    arguments = (*case.main.args, *dict(case.main.kwargs).values())
    read += [np.array(one, np.float64) for one in arguments if isinstance(one, (int, float))]
    return any(bool(np.any(one == other)) for one, other in combinations(read, 2))


def _dtypes_differ(case: Case) -> bool:
    return len({given.dtype for given in case.inputs}) > 1


def _holds(of: Callable[[np.ndarray], np.ndarray]) -> Callable[[Case], bool]:
    """Some element of some input is one of those."""
    return lambda case: any(bool(np.any(of(logical(given)))) for given in case.inputs)


def _is_lowest(values: np.ndarray) -> np.ndarray:
    return values == np.iinfo(values.dtype).min if values.dtype.kind == "i" else np.zeros(values.shape, np.bool_)


def _is_infinite(values: np.ndarray) -> np.ndarray:
    return np.abs(values) == np.inf


def _trigamma_is_rounded(case: Case) -> bool:
    """In ten digits, which float32 does not have; of a negative number, times pi."""
    return any(given.dtype == "float64" or bool(np.any(logical(given) < 0)) for given in case.inputs)


def _an_input_has_16_bits(case: Case) -> bool:
    return any(given.dtype.endswith("float16") for given in case.inputs)


def _an_input_is_empty(case: Case) -> bool:
    return any(0 in given.shape for given in case.inputs)


def _an_input_is_not_contiguous(case: Case) -> bool:
    return any(given.strides != contiguous_strides(given.shape) for given in case.inputs)


def _elements_are_equal(case: Case) -> bool:
    elements = logical(case.inputs[0])
    return len(np.unique(elements)) < elements.size


def _no_dimensions_are_given(case: Case) -> bool:
    return () in (*case.main.args, *dict(case.main.kwargs).values())


def _a_complex_weight_is_small(case: Case) -> bool:
    """Smaller than a half, where lerp by its formula begins at the start."""
    weight = dict(case.main.kwargs).get("weight", case.main.args[-1])
    if isinstance(weight, Ref):
        weights = [logical(given) for given in case.inputs if given.name in (weight.name, f"leaf_{weight.name}")]
    else:
        weights = [np.asarray(weight)]
    return any(one.dtype.kind == "c" and bool(np.any(np.abs(one) < 0.5)) for one in weights)


def _a_ratio_of_exponentials_is_subnormal(case: Case) -> bool:
    """In its imaginary part: that of e to the power of one operand and of the other, in complex64 or complex128."""
    first, second = (logical(given).astype(np.clongdouble) for given in case.inputs[:2])
    part = np.abs(np.exp(np.where(first.real < second.real, first - second, second - first)).imag)
    return any(bool(np.any((part > 2.0**least) & (part < 2.0**most))) for least, most in ((-150, -126), (-1074, -1022)))


def _the_product_is_subnormal(case: Case) -> bool:
    """That of all elements, none of which is zero."""
    elements = logical(case.inputs[0])
    product = np.abs(np.prod(elements.astype(np.clongdouble)))
    return bool(0 < product < 2 * finfo(BY_NAME[case.inputs[0].dtype]).tiny)


def _alpha_is_given(case: Case) -> bool:
    return "alpha" in dict(case.main.kwargs)


CIRCUMSTANCES: dict[str, Callable[[Case], bool]] = {
    "out is an input": _out_is_an_input,
    "a stride of out exceeds it": _out_strides_exceed_it,
    "the input is expanded": _input_is_expanded,
    "the input is not contiguous": _input_is_not_contiguous,
    "the input holds NaN": _input_holds_nan,
    "the order is infinite": _order_is_infinite,
    "operands are equal": _operands_are_equal,
    "the dtypes differ": _dtypes_differ,
    "alpha is given": _alpha_is_given,
    "an input holds the lowest integer": _holds(_is_lowest),
    "an input holds infinity": _holds(_is_infinite),
    "an input is float64 or negative": _trigamma_is_rounded,
    "an input is of 16 bits": _an_input_has_16_bits,
    "an input is empty": _an_input_is_empty,
    "an input is not contiguous": _an_input_is_not_contiguous,
    "elements are equal": _elements_are_equal,
    "no dimensions are given": _no_dimensions_are_given,
    "a complex weight is small": _a_complex_weight_is_small,
    "a ratio of exponentials is subnormal": _a_ratio_of_exponentials_is_subnormal,
    "the product is subnormal": _the_product_is_subnormal,
}
