"""Circumstances of what was seen: facts about a difference beside the call that shows it."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from math import prod

import numpy as np

from conformance.accuracy.bound import computing_dtype
from conformance.deviations.arguments import order_of
from conformance.deviations.met import Met, arguments_of, expected_of, given_as, reduced_dim
from conformance.examine import REFERENCE
from conformance.model.case import BACKWARD, Case, Hook, Input, Ref, Step, references
from conformance.model.observation import Aspect
from conformance.operation import Form
from conformance.standard import logical
from conformance.targets.reference import ReferenceTarget
from conformance.ulp import finfo
from conformance.values import fill, literal
from reference.broadcasting import broadcast_shapes
from reference.dtypes import BY_NUMPY, extended, rounding_twice
from reference.errors import Refusal
from reference.uncast import wrapping_integers

_SEEDS = 256


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
    largest = max(float(np.max(np.abs(extended(logical(given))), initial=0)) for given in met.call.inputs)
    error = np.abs(extended(actual) - extended(expected))
    return largest > info.max or bool(np.all(~(error > 2 * info.unit * largest)))


def _operands_are_copied_first(met: Met) -> bool:
    """All but bools, as they are or expanded to each other: the result is laid out as it would be of dense copies."""
    shape = _broadcast(met.call)
    if shape is None or met.call.main is not met.call.steps[0]:
        return False
    seen = (expected_of(met, _of_copies(met.call, expanded)) for expanded in (shape, None))
    return any(one is not None and one.strides == met.difference.actual for one in seen)


def _of_copies(call: Case, shape: tuple[int, ...] | None) -> Case:
    inputs, copies = [], []
    for given in call.inputs:
        if given.name != "out":
            name, is_bool = given.name, given.dtype == "bool"
            given, wide = replace(given, name=f"leaf_{name}"), name if is_bool else f"wide_{name}"
            size = given.shape if shape is None else shape
            copies.append(Step("broadcast_to", Form.FUNCTION, (Ref(given.name), size), (), (wide,)))
            copies += [] if is_bool else [Step("clone", Form.FUNCTION, (Ref(wide),), (), (name,))]
        inputs.append(given)
    return replace(call, inputs=tuple(inputs), steps=(*copies, call.main))


def _what_is_wrong_is_zero(met: Met) -> bool:
    verdict = met.difference.verdict
    return verdict is not None and not np.any(met.difference.actual[verdict.wrong])


def _all_or_none_of_the_gradient_is_given(met: Met) -> bool:
    """To each wrong element, by every pass, of which the last may be refused; where it was broadcast, and in a program,
    more comes to it that is not known."""
    verdict, at, steps = met.difference.verdict, met.elements, met.call.steps
    if verdict is None or at is None:
        return False
    if at.actual.size != verdict.wrong.size or len(steps) == 1:
        return True
    passes = sum(step.operation == BACKWARD for step in steps)
    most = passes * 2 ** sum(Hook("double") in step.args for step in steps)
    off = np.min([np.abs(at.actual - times * at.cotangent) for times in range(most + 1)], axis=0)
    info = finfo(BY_NUMPY[met.difference.actual.dtype])
    within = off <= 2 * info.unit * np.abs(at.actual) + info.subnormal
    return bool(within.reshape(verdict.wrong.shape)[verdict.wrong].all())


def _nan_should_be_infinite(met: Met) -> bool:
    """Wherever there is one that should not be."""
    expected, actual = met.difference.expected, met.difference.actual
    gained = np.isnan(actual) & ~np.isnan(expected)
    return bool(gained.any() and np.isinf(expected[gained]).all())


def _a_power_of_the_norm_is_subnormal(met: Met) -> bool:
    """Wherever it is wrong: the sum of the powers of the elements, which are of the dtype, or of float32 in 16 bits."""
    verdict, expected = met.difference.verdict, np.abs(met.difference.expected)
    if verdict is None:
        return False
    tiny = finfo(computing_dtype(BY_NUMPY[expected.dtype])).tiny
    return bool((expected[verdict.wrong].astype(np.longdouble) ** order_of(met.call) < 2 * tiny).all())


def _a_power_in_the_gradient_is_subnormal(met: Met) -> bool:
    """Of a norm, wherever it is wrong: that of the element, of which so many digits are left."""
    verdict, given = met.difference.verdict, met.call.inputs[0]
    if verdict is None or given.shape != verdict.wrong.shape:
        return False
    expected, actual = (extended(one)[verdict.wrong] for one in (met.difference.expected, met.difference.actual))
    power = np.abs(extended(logical(given))[verdict.wrong]) ** order_of(met.call)
    info = finfo(BY_NUMPY[met.difference.expected.dtype])
    lost = info.subnormal * verdict.wrong.size / power + 64 * info.unit
    return bool(((power < info.tiny) & (np.abs(actual - expected) <= np.abs(expected) * lost)).all())


def _the_call_is_refused(met: Met) -> bool:
    """In its program: memory of NumPy has no other size, and a copy of it would have."""
    trace = REFERENCE.run(met.case)
    return trace.refused is not None and trace.last.step == met.difference.step


def _it_takes_what_is_refused(met: Met) -> bool:
    """An argument, or the shape of another tensor."""
    arguments = arguments_of(met.call.main)
    others = (given_as(met.call, argument) for argument in arguments[1:])
    given = [*arguments, *(one.shape for one in others if one is not None)]
    return _the_call_is_refused(met) and met.difference.actual in given


def _it_is_the_cotangent(met: Met) -> bool:
    return met.difference.variable == "cotangent"


def _bounds_and_step_are_cut(met: Met) -> bool:
    """To whole numbers, before the elements between the bounds are counted."""
    numbers = [int(one) for one in arguments_of(met.call.main) if isinstance(one, (int, float)) and math.isfinite(one)]
    return numbers[2:] != [0] and prod(met.difference.actual) == len(range(*numbers))


def _it_is_of_16_bits(met: Met) -> bool:
    return met.difference.expected.itemsize == 2 and met.difference.expected.dtype.kind not in "iu"


def _each_sum_is_rounded(met: Met) -> bool:
    """To the dtype of the result, after each of its terms; or overflows."""
    expected, actual = met.difference.expected, met.difference.actual
    of_magnitudes, of_ones = (_values(met, _with_elements(met.call, change)) for change in (np.abs, np.ones_like))
    if of_magnitudes is None or of_ones is None:
        return False
    of_magnitudes, of_ones = np.abs(of_magnitudes), np.abs(of_ones)
    count = np.maximum(of_ones, max(prod(given.shape) for given in met.call.inputs) / max(expected.size, 1))
    error = np.abs(extended(actual) - extended(expected))
    allowed = (count + 1) * finfo(BY_NUMPY[expected.dtype]).unit * of_magnitudes
    return bool(np.all(((error <= allowed) | np.isinf(of_magnitudes))[_wrong(met)]))


def _subnormal_numbers_count_as_zero(met: Met) -> bool:
    """Those of the operands, and, in float32, products of them and sums; without any, nothing is off."""
    held, flushed, of_magnitudes = (_values(met, _with_elements(met.call, one)) for one in (np.copy, _flushed, np.abs))
    if held is None or flushed is None or of_magnitudes is None:
        return False
    actual, unit = extended(met.difference.actual), finfo(BY_NUMPY[met.difference.expected.dtype]).unit
    count = max(given.size for given in met.call.inputs)
    with np.errstate(all="ignore"):
        rounded = 2 * unit * np.abs(flushed) + count * 2.0**-24 * np.abs(of_magnitudes)
        same = (actual == flushed) | (np.abs(actual - flushed) <= rounded * (held != flushed) + count * 2.0**-126)
    return bool(np.all((same | (np.isnan(actual) & np.isnan(flushed)))[_wrong(met)]))


def _flushed(elements: np.ndarray) -> np.ndarray:
    if elements.dtype not in BY_NUMPY or not BY_NUMPY[elements.dtype].is_floating_point:
        return elements
    return np.where(np.abs(elements) < finfo(BY_NUMPY[elements.dtype]).tiny, np.zeros_like(elements), elements)


def _it_is_computed_in_float32(met: Met) -> bool:
    """And then made an integer."""
    expected, actual = (extended(np.asarray(one)) for one in (met.difference.expected, met.difference.actual))
    return bool(np.all(np.abs(actual - expected) <= 1 + 2.0**-23 * np.max(np.abs(expected), initial=0)))


def _it_is_rounded_twice(met: Met) -> bool:
    """By way of float32: as near as the bound asks to what the reference gives where every cast to 16 or 8 bits is."""
    return _is_given_with(rounding_twice(), met)


def _an_integer_is_wrapped_first(met: Met) -> bool:
    """To the common dtype: it is what the reference gives where operands are cast to it."""
    return _is_given_with(wrapping_integers(), met)


def _is_given_with(fault: AbstractContextManager[None], met: Met) -> bool:
    """Whether each wrong element is near to what the reference gives with a fault, and that another without."""
    difference = met.difference
    with fault:
        seen = ReferenceTarget().run(met.call).last.variables.get(difference.variable)
    faulty = None if seen is None else seen.values
    if difference.verdict is None:
        return isinstance(faulty, bool) and faulty is difference.actual is not difference.expected
    expected, actual, wrong = difference.expected, difference.actual, difference.verdict.wrong
    if not isinstance(faulty, np.ndarray) or faulty.shape != wrong.shape or not wrong.any():
        return False
    allowed = 0 if difference.allowed is None else difference.allowed
    near = (actual == faulty) | (np.abs(extended(actual) - extended(faulty)) <= allowed)
    return bool(np.all((near & (faulty != expected))[wrong]))


def _another_seed_draws_it(met: Met) -> bool:
    """One of a few, somewhere."""
    return bool(np.all(np.isin(met.difference.actual[_wrong(met)], _drawn(met))))


def _another_seed_may_draw_it(met: Met) -> bool:
    """Not far from what a few of them draw."""
    drawn, actual = extended(_drawn(met)), extended(met.difference.actual)
    low, high = drawn.min(axis=0), drawn.max(axis=0)
    room = 2 * (high - low)
    return bool(np.all(((low - room <= actual) & (actual <= high + room))[_wrong(met)]))


def _drawn(met: Met) -> np.ndarray:
    seen = (expected_of(met, replace(met.call, seed=seed)) for seed in range(_SEEDS))
    return np.stack([one.values for one in seen if one is not None])


def _with_elements(case: Case, change: Callable[[np.ndarray], np.ndarray]) -> Case:
    return replace(case, inputs=tuple(_changed(given, change) for given in case.inputs))


def _changed(given: Input, change: Callable[[np.ndarray], np.ndarray]) -> Input:
    elements = fill(given)
    return replace(given, values=literal(change(elements).astype(elements.dtype)))


def _values(met: Met, case: Case) -> np.ndarray | None:
    """Those of what differs, or its gradient, in long double."""
    seen = expected_of(met, case)
    values = None if seen is None else seen.grad if met.difference.aspect is Aspect.GRAD else seen.values
    return extended(values) if isinstance(values, np.ndarray) else None


def _wrong(met: Met) -> np.ndarray:
    verdict = met.difference.verdict
    return np.zeros(met.difference.expected.shape, np.bool_) if verdict is None else verdict.wrong


def _out_is_made_a_vector(met: Met) -> bool:
    return bool(met.difference.actual == (prod(met.difference.expected),))


def _out_is_left_as_it_was(met: Met) -> bool:
    out = given_as(met.call, dict(met.call.main.kwargs).get("out"))
    return out is not None and np.array_equal(met.difference.actual, logical(out), equal_nan=True)


def _out_had_another_shape(met: Met) -> bool:
    """Than the result has, and was resized."""
    out = given_as(met.call, dict(met.call.main.kwargs).get("out"))
    return out is not None and REFERENCE.run(met.call).last.variables[out.name].shape != out.shape


def _out_is_of_another_dtype(met: Met) -> bool:
    """Than the result has without it."""
    step = met.call.main
    alone = replace(step, spelling=Form.FUNCTION, kwargs=tuple(one for one in step.kwargs if one[0] != "out"))
    made = REFERENCE.run(replace(met.call, steps=(alone,))).last.variables
    out = given_as(met.call, dict(step.kwargs).get("out"))
    return out is not None and all(made[name].dtype != out.dtype for name in step.results if name in made)


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


def _it_has_the_dtype_of_the_first(met: Met) -> bool:
    first = given_as(met.call, arguments_of(met.call.main)[0])
    return first is not None and met.difference.actual == first.dtype


def _equal_elements_share_otherwise(met: Met) -> bool:
    """Every element whose gradient is wrong has an equal one."""
    verdict = met.difference.verdict
    given = next((one for one in met.call.inputs if one.name == met.difference.variable), None)
    if verdict is None or given is None:
        return False
    _, places, counts = np.unique(logical(given), return_inverse=True, return_counts=True)
    return bool(np.all(counts[places].reshape(given.shape)[verdict.wrong] > 1))


def _it_is_a_second_gradient_of_zero(met: Met) -> bool:
    """That of each wrong element: of what is zero itself, the input or the cotangent."""
    verdict = met.difference.verdict
    name = met.difference.variable.removeprefix("second_")
    given = next((one for one in met.call.inputs if one.name == name), None)
    return verdict is not None and given is not None and not np.any(logical(given)[verdict.wrong])


def _the_base_is_zero(met: Met) -> bool:
    """A number, to the power of a tensor."""
    return arguments_of(met.call.main)[0] == 0


SEEN: dict[str, Callable[[Met], bool]] = {
    "the row holds NaN": _the_row_holds_nan,
    "each element would be rounded": _each_element_would_be_rounded,
    "operands are copied first": _operands_are_copied_first,
    "what is wrong is zero": _what_is_wrong_is_zero,
    "NaN should be infinite": _nan_should_be_infinite,
    "a power of the norm is subnormal": _a_power_of_the_norm_is_subnormal,
    "a power in the gradient is subnormal": _a_power_in_the_gradient_is_subnormal,
    "the call is refused": _the_call_is_refused,
    "it takes what is refused": _it_takes_what_is_refused,
    "it is the cotangent": _it_is_the_cotangent,
    "all or none of the gradient is given": _all_or_none_of_the_gradient_is_given,
    "bounds and step are cut": _bounds_and_step_are_cut,
    "it is of 16 bits": _it_is_of_16_bits,
    "each sum is rounded": _each_sum_is_rounded,
    "subnormal numbers count as zero": _subnormal_numbers_count_as_zero,
    "it is computed in float32": _it_is_computed_in_float32,
    "it is rounded twice": _it_is_rounded_twice,
    "an integer is wrapped first": _an_integer_is_wrapped_first,
    "another seed draws it": _another_seed_draws_it,
    "another seed may draw it": _another_seed_may_draw_it,
    "out is made a vector": _out_is_made_a_vector,
    "it reads the memory that it writes": _it_reads_the_memory_that_it_writes,
    "out is left as it was": _out_is_left_as_it_was,
    "out had another shape": _out_had_another_shape,
    "out is of another dtype": _out_is_of_another_dtype,
    "it takes the shape of all operands": _it_takes_the_shape_of_all_operands,
    "it is the gradient of the first": _it_is_the_gradient_of_the_first,
    "it has the dtype of the first": _it_has_the_dtype_of_the_first,
    "the base is zero": _the_base_is_zero,
    "it is a second gradient of zero": _it_is_a_second_gradient_of_zero,
    "equal elements share otherwise": _equal_elements_share_otherwise,
}
