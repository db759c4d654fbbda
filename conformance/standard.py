"""The standard of a case: the bound of its operation, and the magnitudes that the bound is relative to."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, partial
from math import prod
from typing import Any

import numpy as np

from conformance.accuracy import Accuracy, LogSumExp, Loss, Product, Selected, Summation
from conformance.accuracy.bound import one_term
from conformance.compare import GradientScale, Standard
from conformance.model.case import BACKWARD, Argument, Case, DTypeName, Hook, Input, Literal, Ref, Step, references
from conformance.model.observation import Trace
from conformance.operation import Operation
from conformance.operations import find
from conformance.strategies.layouts import geometry
from conformance.ulp import finfo
from conformance.values import fill
from conformance.widen import Change, run_wide
from reference.broadcasting import broadcast_shapes
from reference.dtypes import BY_NAME, Category, DType, complex_of, wider
from reference.function import Function

_FACTORS = ("alpha", "beta", "value")
_ORDERS = ("p", "ord")


def standard_for(operation: Operation, case: Case, expected: Trace) -> Standard:
    """By what the values and gradients of a case are judged."""
    magnitude = _magnitude_for(operation.accuracy, case)
    unrounded = cache(partial(_unrounded_gradients, case))
    return Standard(
        operation.accuracy,
        operation.name,
        _result_shapes(expected, case),
        inputs=_inputs(operation, case, expected),
        magnitude=partial(magnitude, case) if magnitude else None,
        count_terms=cache(partial(_terms, case, expected)) if _sums(operation, case) else one_term,
        gradient=operation.gradient or operation.accuracy,
        coarsest=_coarsest(case),
        gradient_scale=lambda name: _gradient_scale(operation, case, name),
        unrounded_gradient=lambda name: unrounded().get(name),
    )


def _magnitude_for(accuracy: Accuracy, case: Case) -> Callable[[Case], np.ndarray] | None:
    """What computes the magnitude that a bound is relative to; None where it needs none."""
    if isinstance(accuracy, (Summation, Loss)):
        return _magnitude
    if isinstance(accuracy, LogSumExp):
        return _logarithm_of_moduli if any(BY_NAME[given.dtype].is_complex for given in case.inputs) else None
    return _reach if isinstance(accuracy, Product) else None


def _sums(operation: Operation, case: Case) -> bool:
    """Whether anything may be a sum: of a pointwise operation only a gradient, where an operand was broadcast."""
    return not operation.pointwise or any(step.operation == BACKWARD for step in case.steps)


def _inputs(operation: Operation, case: Case, expected: Trace) -> tuple[np.ndarray, ...]:
    """The tensors read, wide, in their logical order; broadcast to each other for pointwise operations."""
    if operation.pointwise:
        return pointwise_inputs(case.main, {**_made(expected), **{one.name: _wide(one) for one in _read(case)}})
    made, given = _made(expected), {one.name: _wide(one) for one in case.inputs if not one.array}
    names = [name for argument in _arguments(case) for name in references(argument)]
    return tuple({**made, **given}[name] for name in names if name in made or name in given)


def _made(expected: Trace) -> dict[str, np.ndarray]:
    """The tensors that steps have made, wide: the operation may read a part of an input."""
    seen = expected.last.variables.items()
    return {
        name: widened_to(one.values, BY_NAME[one.dtype])
        for name, one in seen
        if one.dtype in BY_NAME and isinstance(one.values, np.ndarray)
    }


def pointwise_inputs(step: Step, tensors: Mapping[str, np.ndarray]) -> tuple[np.ndarray, ...]:
    """The operands of a pointwise call, broadcast to each other: its tensors, and the numbers in the places of some."""
    keywords = (argument for name, argument in step.kwargs if name != "out" and isinstance(argument, Ref))
    arguments = [*step.args, *keywords]
    operands = [_operand(argument, tensors) for argument in arguments]
    return tuple(np.broadcast_arrays(*(operand for operand in operands if operand is not None)))


def _operand(argument: Argument, tensors: Mapping[str, np.ndarray]) -> np.ndarray | None:
    if isinstance(argument, Ref):
        return tensors.get(argument.name)
    is_number = isinstance(argument, (int, float, complex)) and not isinstance(argument, bool)
    return np.asarray(argument, np.complex128 if isinstance(argument, complex) else np.float64) if is_number else None


def _wide(given: Input) -> np.ndarray:
    with np.errstate(invalid="ignore"):  # a signalling NaN
        return widened_to(logical(given), BY_NAME[given.dtype])


def _coarsest(case: Case) -> DType | None:
    """The floating point dtype with the fewest digits among the tensors read and the dtype asked for: a backward pass
    may round to any."""
    asked = [argument.name for _, argument in case.main.kwargs if isinstance(argument, DTypeName)]
    dtypes = [BY_NAME[name] for name in (*(one.dtype for one in _read(case)), *asked)]
    floating = [dtype for dtype in dtypes if dtype.category >= Category.FLOATING]
    return min(floating, key=lambda dtype: finfo(dtype).p, default=None)


def wide_of(dtype: DType) -> np.dtype[Any]:
    """The dtype in which a bound looks at values of ``dtype``: wider for floating point, float64 for integers."""
    return wider(dtype).numpy if dtype.category >= Category.FLOATING else np.dtype(np.float64)


def widened_to(values: np.ndarray, dtype: DType) -> np.ndarray:
    """Values of ``dtype`` as a bound looks at them; a signalling NaN among them is no warning."""
    with np.errstate(invalid="ignore"):
        return values.astype(wide_of(dtype))


def _read(case: Case) -> list[Input]:
    """The inputs that the operation under test reads, itself or a copy, in the order of its arguments."""
    inputs = {given.name: given for given in case.inputs}
    for step in case.steps[: case.steps.index(case.main)]:
        if step.operation == "clone" and isinstance(step.args[0], Ref) and step.args[0].name in inputs:
            inputs[step.results[0]] = inputs[step.args[0].name]
    names = [name for argument in _arguments(case) for name in references(argument)]
    return [inputs[name] for name in names if name in inputs]


def _arguments(case: Case) -> list[Argument]:
    """The arguments that the operation under test reads."""
    return [*case.main.args, *(argument for name, argument in case.main.kwargs if name != "out")]


def logical(given: Input) -> np.ndarray:
    """The elements of an input in their logical order."""
    flat = fill(given)
    strides = tuple(stride * flat.itemsize for stride in given.strides)
    if 0 in given.shape:
        return np.empty(given.shape, flat.dtype)
    # as_strided knows no float8.
    return np.ndarray(given.shape, flat.dtype, flat, given.offset * flat.itemsize, strides)


def _magnitude(case: Case) -> np.ndarray:
    """S, the sum of the magnitudes of the terms: the operation itself on the magnitudes of its inputs, or its result
    where that is more, as that of a sum of squared differences. Where that is not finite, S is of the finite terms:
    these may overflow on the way, and what is added to infinity may not; and minus infinity, of which the exponential
    is zero, has a modulus of which nothing is. A power of a sum is off by that power times as much.
    """
    positive = _of_integers(_with_positive_factors(case), np.abs)
    terms = _last_result(run_wide(positive, np.abs), case)
    found = np.maximum(np.abs(terms), np.abs(_last_result(run_wide(case), case)))
    if not np.isfinite(found).all():
        found = np.where(~np.isfinite(found), np.abs(_last_result(run_wide(positive, _finite_moduli), case)), found)
    return found * _power_of_sum(case)


def _power_of_sum(case: Case) -> float:
    """The power 1/p of which a p-norm takes the sum, where it is more than one."""
    order = _order_of(case)
    return 1 / order if order is not None and 0 < order < 1 else 1.0


def _power_of_norm(case: Case) -> float:
    """The power p - 1 of a p-norm that is a factor of its gradient, if it is finite."""
    order = _order_of(case)
    return abs(order - 1) if order is not None and math.isfinite(order) else 0.0


def _order_of(case: Case) -> float | None:
    """The order of a norm, where it is a number."""
    function = find(case.main.operation).reference
    given = function.arguments(case.main.args, dict(case.main.kwargs)) if isinstance(function, Function) else {}
    order = next((given[name] for name in _ORDERS if name in given), None)
    return float(order) if isinstance(order, (int, float)) and not isinstance(order, bool) else None


def _finite_moduli(values: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(values), np.abs(values), 0)


def _reach(case: Case) -> np.ndarray:
    """The largest that a partial product can be: the operation itself on the moduli, none below one."""
    return np.abs(_last_result(run_wide(_of_integers(case, _at_least_one), _at_least_one), case))


def _logarithm_of_moduli(case: Case) -> np.ndarray:
    """The logarithm of the sum of the moduli of exponentials: the operation itself on the real parts."""
    return np.real(_last_result(run_wide(case, np.real), case))


def _at_least_one(values: np.ndarray) -> np.ndarray:
    return np.maximum(np.abs(values), 1)


def _with_positive_factors(case: Case) -> Case:
    """The case with the moduli of the numbers that multiply terms, or are terms, which else would cancel."""
    return replace(case, steps=tuple(map(_with_positive, case.steps)))


def _with_positive(step: Step) -> Step:
    names = [parameter.name for parameter in find(step.operation).parameters][: len(step.args)]
    args = (value for _, value in map(_positive, zip(names, step.args, strict=False)))
    return replace(step, args=(*args, *step.args[len(names) :]), kwargs=tuple(map(_positive, step.kwargs)))


def _positive(pair: tuple[str, Argument]) -> tuple[str, Argument]:
    name, value = pair
    return (name, abs(value)) if name in _FACTORS and isinstance(value, (int, float, complex)) else pair


def _of_integers(case: Case, change: Change) -> Case:
    """The case with its first tensor changed if that holds integers, which a dtype asked for makes terms of a sum."""
    given = next((one for one in case.inputs if one.name in references(case.main.args[0])), None)
    if given is None or given.array or BY_NAME[given.dtype].category is not Category.INTEGRAL:
        return case
    elements = fill(given)  # of the lowest, the modulus is out of range: one less is close enough
    lowest = np.iinfo(elements.dtype).min
    return case.with_input(replace(given, values=Literal(change(np.maximum(elements, lowest + 1)).tobytes())))


def _terms(case: Case, expected: Trace) -> int:
    """How many terms a result sums: as many as ones sum to, or as inputs share an output.

    Of a distance ones cancel: there it is at most as many as a dimension is long.
    """
    sizes = [prod(given.shape) for given in case.inputs]
    results = _last_result(expected, case)
    ratio = max(sizes, default=1) // max(results.size, 1)
    counted = _last_result(run_wide(_of_integers(case, np.ones_like), np.ones_like), case)
    with np.errstate(all="ignore"):
        ones = np.abs(counted).max(initial=0.0)
    if counted.size and not ones:
        ones = max((size for given in case.inputs for size in given.shape), default=1)
    return max(1, ratio, int(ones) if np.isfinite(ones) else 1)


def _result_shapes(trace: Trace, case: Case) -> tuple[tuple[int, ...], ...]:
    seen = (trace.last.variables[name] for name in case.main.results if name in trace.last.variables)
    shapes = tuple(one.values.shape for one in seen if isinstance(one.values, np.ndarray))
    return shapes or ((),)


def _last_result(trace: Trace, case: Case) -> np.ndarray:
    seen = next((trace.last.variables[n] for n in case.main.results if n in trace.last.variables), None)
    if seen is None or not isinstance(seen.values, np.ndarray):
        return np.ones(())
    return seen.values if seen.unrounded is None else seen.unrounded


def _unrounded_gradients(case: Case) -> dict[str, np.ndarray]:
    """The gradients after a backward pass, before their rounding; none where they were written otherwise."""
    if case.steps[-1].operation != BACKWARD:
        return {}
    return {name: seen.grad for name, seen in run_wide(case).last.variables.items() if seen.grad is not None}


def _gradient_scale(operation: Operation, case: Case, name: str) -> GradientScale:
    """What the gradient of an input sums.

    A pointwise operation sums where it broadcast: its terms are the gradients of the expanded inputs. Of any other
    the gradient of the magnitudes serves: what is summed there is a product of inputs and cotangent, or cotangents
    of selected elements. What a result retains is the cotangent itself.
    """
    cotangent = _cotangent(case)
    if name in case.main.results:
        return GradientScale(cotangent, cotangent)
    shape = case.input(name).shape
    if any(dtype.is_complex for dtype in operation.dtypes):
        case = _in_complex(case)
    if not operation.pointwise:
        selects = isinstance(operation.accuracy, Selected)  # and of other values would select others
        trace = run_wide(_with_positive_cotangent(case)) if selects else run_wide(case, np.abs)
        terms = _grad_magnitude(trace.last.variables[name].grad, shape)
        if isinstance(operation.accuracy, Product):
            terms = terms + _of_partial_products(case, name, shape)
        rounds_terms = _is_narrower_than_its_cotangent(case, name)
        return GradientScale(terms, np.broadcast_to(cotangent.sum(), shape), rounds_terms, _power_of_norm(case))
    case, names = _in_parts_of_their_own(case, name)
    variables = run_wide(_expanded(case)).last.variables
    terms = np.asarray(sum(_grad_magnitude(variables[one].grad, cotangent.shape) for one in names))
    return GradientScale(_sum_to(terms, shape), _sum_to(cotangent, shape), rounds_terms=True)


def _in_parts_of_their_own(case: Case, name: str) -> tuple[Case, list[str]]:
    """The case with an input of its own for every place in which the call reads one input, and the names of these.

    What is read twice has two gradients, each of which is rounded; their sum may be far smaller.
    """
    copied = {one.results[0]: one for one in case.steps if one.operation == "clone" and one.args[0] == Ref(name)}
    read = next(iter(copied), name)
    inputs, copies, names, args = list(case.inputs), [], [name], list(case.main.args)
    for place in [place for place, argument in enumerate(args) if argument == Ref(read)][1:]:
        names.append(f"{name} {place}")
        args[place] = Ref(f"{read} {place}")
        inputs.append(replace(case.input(name), name=names[-1]))
        if copied:
            copies.append(replace(copied[read], args=(Ref(names[-1]),), results=(f"{read} {place}",)))
    at = case.steps.index(case.main)
    steps = (*case.steps[:at], *copies, replace(case.main, args=tuple(args)), *case.steps[at + 1 :])
    return replace(case, inputs=tuple(inputs), steps=steps), names


def _cotangent(case: Case) -> np.ndarray:
    """The moduli of what the backward passes begin with, summed: what they are given, or one; hooks may double it."""
    given = [next(references(step.args[1:]), None) for step in case.steps if step.operation == BACKWARD]
    moduli = [
        np.ones(()) if name is None else np.abs(logical(case.input(name)).astype(np.clongdouble)) for name in given
    ]
    hooks = sum(Hook("double") in step.args for step in case.steps)
    return np.asarray(sum(moduli)) * 2**hooks


def _is_narrower_than_its_cotangent(case: Case, name: str) -> bool:
    """Whether what comes back is cast for an input, as for what is written to a tensor of more digits: before it is
    summed, or after."""
    given = [ref for step in case.steps if step.operation == BACKWARD for ref in references(step.args[1:])]
    itemsize = BY_NAME[case.input(name).dtype].itemsize
    return any(BY_NAME[case.input(one).dtype].itemsize > itemsize for one in given)


def _with_positive_cotangent(case: Case) -> Case:
    given = case.input("cotangent")
    values = np.abs(fill(given)).astype(BY_NAME[given.dtype].numpy)
    return case.with_input(replace(given, values=Literal(values.tobytes())))


def _of_partial_products(case: Case, name: str, shape: tuple[int, ...]) -> np.ndarray:
    """What products of some of the factors add: infinity where one may overflow on the way to the gradient; one that
    underflows is off by 2^emin, whatever it is divided by."""
    info = finfo(_coarsest(case) or BY_NAME[case.input(name).dtype])
    reach = _grad_magnitude(run_wide(case, _at_least_one).last.variables[name].grad, shape)
    return np.where(reach >= info.max, np.inf, info.tiny / info.unit)


def _in_complex(case: Case) -> Case:
    """The case with real inputs made complex if its cotangent is: of a product only the real part is returned for a
    real input, but what was rounded is the whole."""
    if not BY_NAME[case.input("cotangent").dtype].is_complex:
        return case
    for given in case.inputs:
        if given.requires_grad and not BY_NAME[given.dtype].is_complex:
            dtype = complex_of(BY_NAME[given.dtype])
            values = Literal(fill(given).astype(dtype.numpy).tobytes())
            case = case.with_input(replace(given, dtype=dtype.name, values=values))
    return case


def _grad_magnitude(grad: np.ndarray | None, shape: tuple[int, ...]) -> np.ndarray:
    return np.zeros(shape) if grad is None else np.abs(grad)


def _expanded(case: Case) -> Case:
    """The case in which every tensor that the operation reads already has the broadcast shape."""
    given = {one.name: one for one in _read(case)}
    shape = broadcast_shapes(*(one.shape for one in given.values()))
    for one in given.values():
        strides, offset, size = geometry("contiguous", shape)
        values = Literal(np.ascontiguousarray(np.broadcast_to(logical(one), shape)).tobytes())
        case = case.with_input(replace(one, shape=shape, strides=strides, offset=offset, size=size, values=values))
    return case


def _sum_to(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    leading = tuple(range(array.ndim - len(shape)))
    array = array.sum(axis=leading)
    repeated = tuple(dim for dim, size in enumerate(shape) if size == 1 and array.shape[dim] != 1)
    return array.sum(axis=repeated, keepdims=True) if repeated else array
