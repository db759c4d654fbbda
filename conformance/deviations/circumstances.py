"""Circumstances under which a deviation is met, where its text does not tell: facts about the call here."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from math import prod

import numpy as np

from conformance.deviations.elements import ELEMENTS, wherever_wrong
from conformance.deviations.met import Met, arguments_of, given_as, reduced_dim
from conformance.deviations.seen import SEEN
from conformance.model.case import Case, Dots, DTypeName, Input, Layout, Ref, references
from conformance.standard import logical
from conformance.ulp import finfo
from reference.dtypes import BFLOAT16, BY_NAME, FLOAT16, Category
from reference.layout import contiguous_strides


def _out_is_an_input(case: Case) -> bool:
    """``out=`` is a tensor that the call reads."""
    out = dict(case.main.kwargs).get("out")
    return isinstance(out, Ref) and any(out.name in references(argument) for argument in arguments_of(case.main))


def _out_strides_exceed_it(case: Case) -> bool:
    """A single element of ``out=`` has a stride larger than the number of elements."""
    outs = [given for given in case.inputs if given.name == "out"]
    return any(
        size == 1 and stride > prod(given.shape)
        for given in outs
        for size, stride in zip(given.shape, given.strides, strict=True)
    )


def _is_expanded(given: Input) -> bool:
    return any(size > 1 and not stride for size, stride in zip(given.shape, given.strides, strict=True))


def _input_is_expanded(case: Case) -> bool:
    """Along the dimension that is reduced, or along any where all are."""
    tensor, dim = case.inputs[0], reduced_dim(case)
    along = range(len(tensor.shape)) if dim is None else (dim,)
    return any(tensor.shape[one] > 1 and not tensor.strides[one] for one in along if tensor.shape)


def _the_last_dimension_is_kept(case: Case) -> bool:
    dim, dims = reduced_dim(case), len(case.inputs[0].shape)
    return dim is not None and dim not in (-1, dims - 1)


def _input_is_not_contiguous(case: Case) -> bool:
    """Counting the strides of dimensions of one element, which address nothing and which kernels read all the same."""
    return case.inputs[0].strides != contiguous_strides(case.inputs[0].shape)


def _what_is_summed_lies_apart(case: Case) -> bool:
    """The input is not contiguous, or a dimension that is kept lies between two that are reduced."""
    shape = case.inputs[0].shape
    dims = next((argument for argument in arguments_of(case.main) if isinstance(argument, tuple)), ())
    reduced = sorted(dim % len(shape) for dim in dims if isinstance(dim, int) and shape)
    between = range(reduced[0], reduced[-1]) if reduced else ()
    return _input_is_not_contiguous(case) or any(shape[dim] > 1 and dim not in reduced for dim in between)


def _order_is_infinite(case: Case) -> bool:
    return any(isinstance(argument, float) and math.isinf(argument) for argument in arguments_of(case.main))


def _dtypes_differ(case: Case) -> bool:
    return len({given.dtype for given in case.inputs}) > 1


def _an_input_holds_infinity(case: Case) -> bool:
    return any(bool(np.any(np.abs(logical(given)) == np.inf)) for given in case.inputs)


def _an_input_has_16_bits(case: Case) -> bool:
    return any(given.dtype.endswith("float16") for given in case.inputs)


def _an_input_is_empty(case: Case) -> bool:
    return any(0 in given.shape for given in case.inputs)


def _an_input_is_not_contiguous(case: Case) -> bool:
    return any(given.strides != contiguous_strides(given.shape) for given in case.inputs)


def _an_input_has_no_dimensions(case: Case) -> bool:
    return any(not given.shape for given in case.inputs)


def _an_input_has_an_offset(case: Case) -> bool:
    return any(given.offset for given in case.inputs)


def _an_array_has_a_negative_stride(case: Case) -> bool:
    return any(given.array and min(given.strides, default=0) < 0 for given in case.inputs)


def _a_stride_of_out_is_zero(case: Case) -> bool:
    return any(0 in given.strides for given in case.inputs if given.name == "out")


def _no_dimensions_are_given(case: Case) -> bool:
    return () in arguments_of(case.main)


def _no_degrees_of_freedom_are_left(case: Case) -> bool:
    """Of the elements along the dimensions that are given, or of all, less the correction."""
    shape, (_, *places), keywords = case.inputs[0].shape, case.main.args, dict(case.main.kwargs)
    named = places[0] if places else keywords.get("dim")
    dims = named if isinstance(named, (tuple, list)) else (named,)
    count = prod([shape[dim] for dim in dims if type(dim) is int and -len(shape) <= dim < len(shape)] or shape)
    correction = keywords.get("correction")
    return count <= (correction if isinstance(correction, (int, float)) else 1)


def _the_product_is_subnormal(case: Case) -> bool:
    """That of all elements, none of which is zero."""
    elements = logical(case.inputs[0])
    product = np.abs(np.prod(elements.astype(np.clongdouble)))
    return bool(0 < product < 2 * finfo(BY_NAME[case.inputs[0].dtype]).tiny)


def _another_dtype_is_asked_for(case: Case) -> bool:
    asked = dict(case.main.kwargs).get("dtype")
    return isinstance(asked, DTypeName) and asked.name != case.inputs[0].dtype


def _alpha_is_given(case: Case) -> bool:
    return "alpha" in dict(case.main.kwargs)


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


def _distances_are_taken_by_products(case: Case) -> bool:
    """Euclidean ones of more than 25 rows, unless another way is asked for."""
    settings = dict(case.main.kwargs)
    rows = [one.shape[-2] for one in map(partial(given_as, case), arguments_of(case.main)) if one is not None]
    return (
        settings.get("p", 2.0) == 2.0 and not str(settings.get("compute_mode")).startswith("donot") and max(rows) > 25
    )


def _largest_differences_are_equal(case: Case) -> bool:
    """Between two rows, in several places."""
    rows = [logical(one) for one in map(partial(given_as, case), arguments_of(case.main)[:2]) if one is not None]
    if len(rows) < 2 or not rows[0].shape[-1]:
        return False
    differences = np.abs(rows[0][..., :, None, :] - rows[1][..., None, :, :])
    largest = differences == differences.max(axis=-1, keepdims=True)
    return bool(np.any(largest.sum(axis=-1) > 1))


def _include_self_is_false(case: Case) -> bool:
    return dict(case.main.kwargs).get("include_self") is False


def _order(case: Case) -> float:
    """That of a norm, 2 unless it is said."""
    numbers = [one for one in case.main.args if isinstance(one, (int, float))]
    settings = dict(case.main.kwargs)
    order = settings.get("p", settings.get("ord", numbers[0] if numbers else 2))
    return float(order) if isinstance(order, (int, float)) else 2.0


def _the_order_is_negative(case: Case) -> bool:
    return _order(case) < 0


def _a_power_overflows(case: Case) -> bool:
    """One on the way to the gradient of a norm: of an element or of the norm, or its reciprocal; or the norm itself."""
    order, (given, other) = _order(case), [given_as(case, one) for one in (*arguments_of(case.main), None)[:2]]
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


def _ten_to_the_decimals_overflows(case: Case) -> bool:
    decimals, given = dict(case.main.kwargs).get("decimals"), case.inputs[0]
    return isinstance(decimals, int) and np.longdouble(10) ** abs(decimals) > finfo(BY_NAME[given.dtype]).max


def _differences_are_taken_twice(case: Case) -> bool:
    """Or more often."""
    return any(argument > 1 for argument in arguments_of(case.main)[1:2] if type(argument) is int)


def _the_matrix_is_tall(case: Case) -> bool:
    rows, columns = case.inputs[0].shape
    return rows > columns


def _the_bias_has_dimensions(case: Case) -> bool:
    """More than one, which are its own."""
    return len(case.inputs) > 2 and len(case.inputs[2].shape) > 1


def _it_wraps(case: Case) -> bool:
    """Around the end of a tall matrix."""
    rows, *columns = case.inputs[0].shape
    return any(argument is True for argument in arguments_of(case.main)) and columns == [n for n in columns if n < rows]


def _the_base_is_one(case: Case) -> bool:
    return arguments_of(case.main)[0] == 1


def _a_memory_format_is_asked_for(case: Case) -> bool:
    return any(isinstance(argument, Layout) for argument in arguments_of(case.main))


def _the_size_stays(case: Case) -> bool:
    """Of the tensor that is written to: the size that is given, or that of another tensor where none is."""
    written, *others = (given_as(case, argument) for argument in arguments_of(case.main))
    sizes = [argument for argument in arguments_of(case.main) if isinstance(argument, tuple)]
    return written is not None and written.shape in (sizes or [other.shape for other in others if other is not None])


def _a_number_does_not_fit(case: Case) -> bool:
    """Into the dtype of the first input, if that is integral."""
    if BY_NAME[case.inputs[0].dtype].category is not Category.INTEGRAL:
        return False
    info = np.iinfo(case.inputs[0].dtype)
    numbers = [argument for argument in arguments_of(case.main) if isinstance(argument, (int, float))]
    return any(not info.min <= one <= info.max for one in numbers)


def _an_array_has_no_dimensions(case: Case) -> bool:
    return any(given.array and not given.shape for given in case.inputs)


def _a_vector_is_empty(case: Case) -> bool:
    return any(given.shape == (0,) for given in case.inputs)


def _a_complex_tensor_has_no_dimensions(case: Case) -> bool:
    """Beside one of real numbers that has some."""
    kinds = {(BY_NAME[given.dtype].is_complex, given.shape == ()) for given in case.inputs}
    return (True, True) in kinds and len(kinds) > 1


def _an_inner_size_is_odd(case: Case) -> bool:
    """The last of a tensor that may be a factor."""
    return any(given.shape[-1] % 2 for given in case.inputs if given.shape)


def _an_inner_size_is_no_multiple_of_four(case: Case) -> bool:
    return any(given.shape[-1] % 4 for given in case.inputs if given.shape)


def _an_input_is_not_finite(case: Case) -> bool:
    return any(not np.all(np.isfinite(logical(given))) for given in case.inputs)


def _an_input_has_a_stride_of_zero(case: Case) -> bool:
    """Or has to be expanded, having fewer or smaller dimensions than another."""
    shapes = {given.shape for given in case.inputs}
    return len(shapes) > 1 or any(_is_expanded(given) for given in case.inputs)


def _an_int32_index_is_expanded(case: Case) -> bool:
    return any(given.dtype == "int32" and _is_expanded(given) for given in case.inputs)


def _an_expanded_index_is_narrow(case: Case) -> bool:
    """Narrower than the first input, in a dimension that is not the first."""
    tensor, *others = case.inputs
    indices = [given for given in others if given.dtype in ("int32", "int64") and _is_expanded(given)]
    return any(n < m for index in indices for n, m in zip(index.shape[1:], tensor.shape[1:], strict=False))


def _what_is_written_is_expanded(case: Case) -> bool:
    written = given_as(case, dict(case.main.kwargs).get("out", arguments_of(case.main)[0]))
    return written is not None and _is_expanded(written)


def _something_follows_a_mask(case: Case) -> bool:
    """In an index: a mask of several dimensions, which the items behind it have to pass over."""
    index = next((argument for argument in arguments_of(case.main) if isinstance(argument, tuple)), ())
    masks = [place for place, item in enumerate(index) if _is_wide_mask(given_as(case, item))]
    return bool(masks) and any(not isinstance(item, Dots) for item in index[masks[0] + 1 :])


def _is_wide_mask(given: Input | None) -> bool:
    return given is not None and given.dtype == "bool" and len(given.shape) > 1


def _the_range_times_the_bins_overflows(case: Case) -> bool:
    """Of the elements of the first input, which fall into so many bins of equal width, 100 unless it is said."""
    given = case.inputs[0]
    elements = logical(given).astype(np.longdouble)
    counts = [argument for argument in arguments_of(case.main) if isinstance(argument, int)] or [100]
    return bool(np.ptp(elements) * max(counts) > finfo(BY_NAME[given.dtype]).max) if elements.size else False


def _more_elements_than_are_counted(case: Case) -> bool:
    """Of a dtype of 16 bits, in which a number above 2^p plus one is that number."""
    counted = {one.name: 2 ** finfo(one).p for one in (FLOAT16, BFLOAT16)}
    return any(prod(given.shape) > counted.get(given.dtype, math.inf) for given in case.inputs)


def _of_call(is_so: Callable[[Case], bool]) -> Callable[[Met], bool]:
    return lambda met: is_so(met.call)


CIRCUMSTANCES: dict[str, Callable[[Met], bool]] = {
    "out is an input": _of_call(_out_is_an_input),
    "a stride of out exceeds it": _of_call(_out_strides_exceed_it),
    "the input is expanded": _of_call(_input_is_expanded),
    "the last dimension is kept": _of_call(_the_last_dimension_is_kept),
    "the input is not contiguous": _of_call(_input_is_not_contiguous),
    "what is summed lies apart": _of_call(_what_is_summed_lies_apart),
    "a memory format is asked for": _of_call(_a_memory_format_is_asked_for),
    "the size stays": _of_call(_the_size_stays),
    "the order is infinite": _of_call(_order_is_infinite),
    "the dtypes differ": _of_call(_dtypes_differ),
    "another dtype is asked for": _of_call(_another_dtype_is_asked_for),
    "alpha is given": _of_call(_alpha_is_given),
    "alpha times a factor overflows": _of_call(_alpha_times_a_factor_overflows),
    "distances are taken by products": _of_call(_distances_are_taken_by_products),
    "largest differences are equal": _of_call(_largest_differences_are_equal),
    "include_self is false": _of_call(_include_self_is_false),
    "it wraps": _of_call(_it_wraps),
    "the base is one": _of_call(_the_base_is_one),
    "a number does not fit": _of_call(_a_number_does_not_fit),
    "an input holds infinity": _of_call(_an_input_holds_infinity),
    "an input is of 16 bits": _of_call(_an_input_has_16_bits),
    "an input is empty": _of_call(_an_input_is_empty),
    "a vector is empty": _of_call(_a_vector_is_empty),
    "an array has no dimensions": _of_call(_an_array_has_no_dimensions),
    "an input is not contiguous": _of_call(_an_input_is_not_contiguous),
    "no degrees of freedom are left": _of_call(_no_degrees_of_freedom_are_left),
    "no dimensions are given": _of_call(_no_dimensions_are_given),
    "the product is subnormal": _of_call(_the_product_is_subnormal),
    "a complex tensor has no dimensions": _of_call(_a_complex_tensor_has_no_dimensions),
    "an inner size is odd": _of_call(_an_inner_size_is_odd),
    "an inner size is no multiple of four": _of_call(_an_inner_size_is_no_multiple_of_four),
    "an input is not finite": _of_call(_an_input_is_not_finite),
    "an input has a stride of zero": _of_call(_an_input_has_a_stride_of_zero),
    "an int32 index is expanded": _of_call(_an_int32_index_is_expanded),
    "an expanded index is narrow": _of_call(_an_expanded_index_is_narrow),
    "what is written is expanded": _of_call(_what_is_written_is_expanded),
    "something follows a mask": _of_call(_something_follows_a_mask),
    "the range times the bins overflows": _of_call(_the_range_times_the_bins_overflows),
    "more elements than are counted": _of_call(_more_elements_than_are_counted),
    "the order is negative": _of_call(_the_order_is_negative),
    "a power overflows": _of_call(_a_power_overflows),
    "the sum overflows": _of_call(_the_sum_overflows),
    "ten to the decimals overflows": _of_call(_ten_to_the_decimals_overflows),
    "differences are taken twice": _of_call(_differences_are_taken_twice),
    "the matrix is tall": _of_call(_the_matrix_is_tall),
    "the bias has dimensions": _of_call(_the_bias_has_dimensions),
    "an input has no dimensions": _of_call(_an_input_has_no_dimensions),
    "an input has an offset": _of_call(_an_input_has_an_offset),
    "an array has a negative stride": _of_call(_an_array_has_a_negative_stride),
    "a stride of out is zero": _of_call(_a_stride_of_out_is_zero),
    **SEEN,
    **{name: wherever_wrong(is_so) for name, is_so in ELEMENTS.items()},
}
