"""Circumstances under which a deviation is met, where its text does not tell: of the call, or of what was seen."""

from __future__ import annotations

import math
from collections.abc import Callable
from math import prod

import numpy as np

from conformance.deviations.elements import ELEMENTS, wherever_wrong
from conformance.deviations.met import Met, arguments_of
from conformance.examine import REFERENCE
from conformance.model.case import Argument, Case, Input, Ref, references
from conformance.standard import logical
from conformance.ulp import finfo
from reference.broadcasting import broadcast_shapes
from reference.dtypes import BY_NAME
from reference.layout import contiguous_strides


def _given(case: Case, argument: Argument) -> Input | None:
    """The input that an argument is, itself or a copy."""
    names = (argument.name, f"leaf_{argument.name}") if isinstance(argument, Ref) else ()
    return next((given for given in case.inputs if given.name in names), None)


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
    return _is_expanded(case.inputs[0])


def _input_is_not_contiguous(case: Case) -> bool:
    """Counting the strides of dimensions of one element, which address nothing and which kernels read all the same."""
    return case.inputs[0].strides != contiguous_strides(case.inputs[0].shape)


def _input_holds_nan(case: Case) -> bool:
    values = logical(case.inputs[0])
    return bool(np.any(values != values))


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


def _no_dimensions_are_given(case: Case) -> bool:
    return () in arguments_of(case.main)


def _the_product_is_subnormal(case: Case) -> bool:
    """That of all elements, none of which is zero."""
    elements = logical(case.inputs[0])
    product = np.abs(np.prod(elements.astype(np.clongdouble)))
    return bool(0 < product < 2 * finfo(BY_NAME[case.inputs[0].dtype]).tiny)


def _alpha_is_given(case: Case) -> bool:
    return "alpha" in dict(case.main.kwargs)


def _include_self_is_false(case: Case) -> bool:
    return dict(case.main.kwargs).get("include_self") is False


def _it_wraps(case: Case) -> bool:
    """Around the end of a tall matrix."""
    rows, *columns = case.inputs[0].shape
    return any(argument is True for argument in arguments_of(case.main)) and columns == [n for n in columns if n < rows]


def _the_base_is_one(case: Case) -> bool:
    return arguments_of(case.main)[0] == 1


def _a_number_does_not_fit(case: Case) -> bool:
    """Into the dtype of the first input, which is integral."""
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
    written = _given(case, dict(case.main.kwargs).get("out", arguments_of(case.main)[0]))
    return written is not None and _is_expanded(written)


# -- what was seen ---------------------------------------------------------------------------------------------------


def _it_reads_the_memory_that_it_writes(met: Met) -> bool:
    """In place: its tensor shares memory with another argument, and it is that memory that differs."""
    written, *read = arguments_of(met.call.main)
    memory = {met.storage(name) for name in references(written)}
    return memory == {met.storage(met.difference.variable)} and any(
        met.storage(name) in memory for argument in read for name in references(argument)
    )


def _out_is_left_as_it_was(met: Met) -> bool:
    out = _given(met.call, dict(met.call.main.kwargs).get("out"))
    return out is not None and np.array_equal(met.difference.actual, logical(out), equal_nan=True)


def _out_had_another_shape(met: Met) -> bool:
    """Than the result has, and was resized."""
    out = _given(met.call, dict(met.call.main.kwargs).get("out"))
    return out is not None and REFERENCE.run(met.call).last.variables[out.name].shape != out.shape


def _a_part_of_a_detached_tensor(met: Met) -> bool:
    """It is the real or imaginary part, or both, of a tensor that was detached later."""
    part = met.storage(met.difference.variable)
    made = [step.operation for step in met.case.steps if met.difference.variable in step.results]
    detached = [
        step.args[0].name
        for step in met.case.steps[: met.difference.step]
        if step.operation == "detach_" and isinstance(step.args[0], Ref)
    ]
    return made[-1:] in (["real"], ["imag"], ["view_as_real"]) and part in map(met.storage, detached)


def _it_takes_the_shape_of_all_operands(met: Met) -> bool:
    return bool(met.difference.actual == broadcast_shapes(*(given.shape for given in met.call.inputs)))


def _it_is_the_gradient_of_the_first(met: Met) -> bool:
    first = arguments_of(met.call.main)[0]
    return isinstance(first, Ref) and met.difference.variable in (first.name, f"leaf_{first.name}")


def _equal_elements_share_otherwise(met: Met) -> bool:
    """Every element whose gradient is wrong has an equal one."""
    verdict = met.difference.verdict
    given = next((one for one in met.call.inputs if one.name == met.difference.variable), None)
    if verdict is None or given is None:
        return False
    _, places, counts = np.unique(logical(given), return_inverse=True, return_counts=True)
    return bool(np.all(counts[places].reshape(given.shape)[verdict.wrong] > 1))


def _of_call(is_so: Callable[[Case], bool]) -> Callable[[Met], bool]:
    return lambda met: is_so(met.call)


CIRCUMSTANCES: dict[str, Callable[[Met], bool]] = {
    "out is an input": _of_call(_out_is_an_input),
    "a stride of out exceeds it": _of_call(_out_strides_exceed_it),
    "the input is expanded": _of_call(_input_is_expanded),
    "the input is not contiguous": _of_call(_input_is_not_contiguous),
    "the input holds NaN": _of_call(_input_holds_nan),
    "the order is infinite": _of_call(_order_is_infinite),
    "the dtypes differ": _of_call(_dtypes_differ),
    "alpha is given": _of_call(_alpha_is_given),
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
    "no dimensions are given": _of_call(_no_dimensions_are_given),
    "the product is subnormal": _of_call(_the_product_is_subnormal),
    "a complex tensor has no dimensions": _of_call(_a_complex_tensor_has_no_dimensions),
    "an input has a stride of zero": _of_call(_an_input_has_a_stride_of_zero),
    "an int32 index is expanded": _of_call(_an_int32_index_is_expanded),
    "an expanded index is narrow": _of_call(_an_expanded_index_is_narrow),
    "what is written is expanded": _of_call(_what_is_written_is_expanded),
    "it reads the memory that it writes": _it_reads_the_memory_that_it_writes,
    "out is left as it was": _out_is_left_as_it_was,
    "out had another shape": _out_had_another_shape,
    "it is a part of a detached tensor": _a_part_of_a_detached_tensor,
    "it takes the shape of all operands": _it_takes_the_shape_of_all_operands,
    "it is the gradient of the first": _it_is_the_gradient_of_the_first,
    "equal elements share otherwise": _equal_elements_share_otherwise,
    **{name: wherever_wrong(is_so) for name, is_so in ELEMENTS.items()},
}
