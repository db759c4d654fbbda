"""Circumstances of what was seen: facts about a difference beside the call that shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import prod

import numpy as np

from conformance.deviations.met import Met, arguments_of, given_as, reduced_dim
from conformance.examine import REFERENCE
from conformance.model.case import Case, Ref, Step, references
from conformance.operation import Form
from conformance.standard import logical
from conformance.ulp import finfo
from reference.broadcasting import broadcast_shapes
from reference.dtypes import BY_NUMPY
from reference.errors import Refusal


def _it_reads_the_memory_that_it_writes(met: Met) -> bool:
    """In place: its tensor shares memory with another argument, and it is that memory that differs."""
    written, *read = arguments_of(met.call.main)
    memory = {met.storage(name) for name in references(written)}
    return memory == {met.storage(met.difference.variable)} and any(
        met.storage(name) in memory for argument in read for name in references(argument)
    )


def _the_row_holds_nan(met: Met) -> bool:
    """That of each wrong element: along the dimension that is reduced, or else the last."""
    verdict, elements, dim = met.difference.verdict, logical(met.call.inputs[0]), reduced_dim(met.call)
    if verdict is None:
        return False
    held = np.asarray(np.any(elements != elements, axis=(-1 if dim is None else dim) if elements.ndim else None))
    return held.size == verdict.wrong.size and bool(np.all(held.reshape(verdict.wrong.shape)[verdict.wrong]))


def _each_element_would_be_rounded(met: Met) -> bool:
    """To the dtype of the result, before anything is computed: by half a unit of the largest at most."""
    expected, actual = met.difference.expected, met.difference.actual
    info = finfo(BY_NUMPY[expected.dtype])
    largest = max(float(np.max(np.abs(logical(given).astype(np.longdouble)), initial=0)) for given in met.call.inputs)
    error = np.abs(actual.astype(np.longdouble) - expected.astype(np.longdouble))
    return largest > info.max or bool(np.all(~(error > 2 * info.unit * largest)))


def _operands_are_copied_first(met: Met) -> bool:
    """All but bools, once they are expanded to each other: the result is laid out as it would be of dense copies."""
    shape = _broadcast(met.call)
    if shape is None:
        return False
    inputs, copies = [], []
    for given in met.call.inputs:
        if given.name != "out":
            name, is_bool = given.name, given.dtype == "bool"
            given, wide = replace(given, name=f"leaf_{name}"), name if is_bool else f"wide_{name}"
            copies.append(Step("broadcast_to", Form.FUNCTION, (Ref(given.name), shape), (), (wide,)))
            copies += [] if is_bool else [Step("clone", Form.FUNCTION, (Ref(wide),), (), (name,))]
        inputs.append(given)
    case = replace(met.call, inputs=tuple(inputs), steps=(*copies, met.call.main))
    seen = REFERENCE.run(case).last.variables.get(met.difference.variable)
    return seen is not None and seen.strides == met.difference.actual


def _it_is_laid_out_like_an_input(met: Met) -> bool:
    """As a dense copy of one of the inputs of its shape would be."""
    dense = (
        REFERENCE.run(replace(met.call, steps=(Step("clone", Form.FUNCTION, (Ref(given.name),), (), ("copy",)),)))
        for given in met.call.inputs
    )
    return any(trace.last.variables["copy"].strides == met.difference.actual for trace in dense)


def _what_is_wrong_is_zero(met: Met) -> bool:
    verdict = met.difference.verdict
    return verdict is not None and not np.any(met.difference.actual[verdict.wrong])


def _out_is_made_a_vector(met: Met) -> bool:
    return bool(met.difference.actual == (prod(met.difference.expected),))


def _out_is_left_as_it_was(met: Met) -> bool:
    out = given_as(met.call, dict(met.call.main.kwargs).get("out"))
    return out is not None and np.array_equal(met.difference.actual, logical(out), equal_nan=True)


def _out_had_another_shape(met: Met) -> bool:
    """Than the result has, and was resized."""
    out = given_as(met.call, dict(met.call.main.kwargs).get("out"))
    return out is not None and REFERENCE.run(met.call).last.variables[out.name].shape != out.shape


def _it_takes_the_shape_of_all_operands(met: Met) -> bool:
    return bool(met.difference.actual == _broadcast(met.call))


def _broadcast(case: Case) -> tuple[int, ...] | None:
    """The shape that all inputs are expanded to, if there is one."""
    try:
        return broadcast_shapes(*(given.shape for given in case.inputs if given.name != "out"))
    except Refusal:
        return None


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


SEEN: dict[str, Callable[[Met], bool]] = {
    "the row holds NaN": _the_row_holds_nan,
    "each element would be rounded": _each_element_would_be_rounded,
    "operands are copied first": _operands_are_copied_first,
    "it is laid out like an input": _it_is_laid_out_like_an_input,
    "what is wrong is zero": _what_is_wrong_is_zero,
    "out is made a vector": _out_is_made_a_vector,
    "it reads the memory that it writes": _it_reads_the_memory_that_it_writes,
    "out is left as it was": _out_is_left_as_it_was,
    "out had another shape": _out_had_another_shape,
    "it takes the shape of all operands": _it_takes_the_shape_of_all_operands,
    "it is the gradient of the first": _it_is_the_gradient_of_the_first,
    "equal elements share otherwise": _equal_elements_share_otherwise,
}
