"""Circumstances of the tensors that a call is given: their shapes, strides and dtypes."""

from __future__ import annotations

import math
from collections.abc import Callable
from math import prod

from conformance.deviations.met import arguments_of, given_as, reduced_dim
from conformance.model.case import Case, Input
from conformance.threads import has_many_elements
from conformance.ulp import finfo
from reference.dtypes import BFLOAT16, BY_NAME, FLOAT16
from reference.layout import Shape, Strides, contiguous_strides, resembles_channels_last


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


def _dtypes_differ(case: Case) -> bool:
    return len({given.dtype for given in case.inputs}) > 1


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


def _the_matrix_is_tall(case: Case) -> bool:
    rows, columns = case.inputs[0].shape
    return rows > columns


def _the_bias_has_dimensions(case: Case) -> bool:
    """More than one, which are its own."""
    return len(case.inputs) > 2 and len(case.inputs[2].shape) > 1


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


def _more_elements_than_are_counted(case: Case) -> bool:
    """Of a dtype of 16 bits, in which a number above 2^p plus one is that number."""
    counted = {one.name: 2 ** finfo(one).p for one in (FLOAT16, BFLOAT16)}
    return any(prod(given.shape) > counted.get(given.dtype, math.inf) for given in case.inputs)


def _misleads(shape: Shape, strides: Strides) -> bool:
    """Whether the channels of one image, or kernel, lie last, and the stride before them is of no memory format."""
    after = (strides[2] * shape[2], *strides[1:])
    return shape[0] == 1 and resembles_channels_last(shape, after) and not resembles_channels_last(shape, strides)


def _the_stride_of_an_image_misleads(case: Case) -> bool:
    """That of a batch of one, as unsqueeze makes it, beside kernels whose channels lie last."""
    image, kernels = case.inputs[:2]
    shape, strides = image.shape, image.strides
    if len(shape) == 3:
        shape, strides = (1, *shape), (shape[0] * strides[0], *strides)
    return _misleads(shape, strides) and resembles_channels_last(kernels.shape, kernels.strides)


def _the_stride_of_a_kernel_misleads(case: Case) -> bool:
    return _misleads(case.inputs[1].shape, case.inputs[1].strides)


LAYOUTS: dict[str, Callable[[Case], bool]] = {
    "a stride of out exceeds it": _out_strides_exceed_it,
    "the input is expanded": _input_is_expanded,
    "the last dimension is kept": _the_last_dimension_is_kept,
    "the input is not contiguous": _input_is_not_contiguous,
    "what is summed lies apart": _what_is_summed_lies_apart,
    "the dtypes differ": _dtypes_differ,
    "an input is of 16 bits": _an_input_has_16_bits,
    "an input is empty": _an_input_is_empty,
    "a vector is empty": _a_vector_is_empty,
    "an array has no dimensions": _an_array_has_no_dimensions,
    "an input is not contiguous": _an_input_is_not_contiguous,
    "a complex tensor has no dimensions": _a_complex_tensor_has_no_dimensions,
    "an inner size is odd": _an_inner_size_is_odd,
    "an inner size is no multiple of four": _an_inner_size_is_no_multiple_of_four,
    "an input has a stride of zero": _an_input_has_a_stride_of_zero,
    "an int32 index is expanded": _an_int32_index_is_expanded,
    "an expanded index is narrow": _an_expanded_index_is_narrow,
    "what is written is expanded": _what_is_written_is_expanded,
    "more elements than are counted": _more_elements_than_are_counted,
    "there are many elements": has_many_elements,
    "the matrix is tall": _the_matrix_is_tall,
    "the bias has dimensions": _the_bias_has_dimensions,
    "an input has no dimensions": _an_input_has_no_dimensions,
    "an input has an offset": _an_input_has_an_offset,
    "an array has a negative stride": _an_array_has_a_negative_stride,
    "a stride of out is zero": _a_stride_of_out_is_zero,
    "the stride of an image misleads": _the_stride_of_an_image_misleads,
    "the stride of a kernel misleads": _the_stride_of_a_kernel_misleads,
}
