"""The standard of a case: the bound of its operation, and the magnitudes that the bound is relative to."""

from __future__ import annotations

from dataclasses import replace
from math import prod

import numpy as np

from conformance.accuracy import Loss, Summation
from conformance.compare import GradientScale, Standard
from conformance.model.case import Case, Input, Literal, Ref
from conformance.model.observation import Trace
from conformance.operation import Operation
from conformance.strategies.layouts import geometry
from conformance.values import fill
from conformance.widen import run_wide
from reference.broadcasting import broadcast_shapes
from reference.dtypes import BY_NAME, Category, wider


def standard_for(operation: Operation, case: Case, expected: Trace) -> Standard:
    """By what the values and gradients of a case are judged."""
    sums = isinstance(operation.accuracy, (Summation, Loss))
    return Standard(
        operation.accuracy,
        operation.name,
        _floating_inputs(operation, case),
        (lambda: _magnitude(case)) if sums else None,
        _terms(case, expected),
        operation.gradient or operation.accuracy,
        lambda name: _gradient_scale(operation, case, name),
    )


def _floating_inputs(operation: Operation, case: Case) -> tuple[np.ndarray, ...]:
    """The floating point inputs, wide, in their logical order; broadcast to each other for pointwise operations."""
    arrays = [
        logical(given).astype(wider(BY_NAME[given.dtype]).numpy)
        for given in case.inputs
        if BY_NAME[given.dtype].category >= Category.FLOATING and not given.array
    ]
    if operation.pointwise and arrays:
        shape = broadcast_shapes(*(given.shape for given in case.inputs))
        return tuple(np.broadcast_to(array, shape) for array in arrays)
    return tuple(arrays)


def logical(given: Input) -> np.ndarray:
    """The elements of an input in their logical order."""
    flat = fill(given)
    strides = tuple(stride * flat.itemsize for stride in given.strides)
    if 0 in given.shape:
        return np.empty(given.shape, flat.dtype)
    return np.lib.stride_tricks.as_strided(flat[given.offset :], given.shape, strides)


def _magnitude(case: Case) -> np.ndarray:
    """S, the sum of the magnitudes of the terms: the operation itself on the magnitudes of its inputs."""
    return np.abs(_last_result(run_wide(case, np.abs), case))


def _terms(case: Case, expected: Trace) -> int:
    """How many terms a result sums: as many as ones sum to, or as inputs share an output."""
    sizes = [prod(given.shape) for given in case.inputs]
    results = _last_result(expected, case)
    ratio = max(sizes, default=1) // max(results.size, 1)
    counted = _last_result(run_wide(case, np.ones_like), case)
    with np.errstate(all="ignore"):
        ones = np.abs(counted).max(initial=1.0)
    return max(1, ratio, int(ones) if np.isfinite(ones) else 1)


def _last_result(trace: Trace, case: Case) -> np.ndarray:
    seen = next((trace.last.variables[n] for n in case.steps[0].results if n in trace.last.variables), None)
    if seen is None or not isinstance(seen.values, np.ndarray):
        return np.ones(())
    return seen.values if seen.unrounded is None else seen.unrounded


def _gradient_scale(operation: Operation, case: Case, name: str) -> GradientScale:
    """What the gradient of an input sums.

    A pointwise operation sums where it broadcast: its terms are the gradients of the expanded inputs. Of any other,
    the gradient of the magnitudes serves, since what is summed there is a product of inputs and cotangent.
    """
    shape = case.input(name).shape
    cotangent = np.abs(logical(case.input("cotangent")).astype(np.longdouble))
    if not operation.pointwise:
        seen = run_wide(case, np.abs).last.variables[name]
        return GradientScale(_grad_magnitude(seen.grad, shape), np.broadcast_to(cotangent.sum(), shape))
    seen = run_wide(_expanded(case)).last.variables[name]
    terms = _grad_magnitude(seen.grad, cotangent.shape)
    return GradientScale(_sum_to(terms, shape), _sum_to(cotangent, shape))


def _grad_magnitude(grad: np.ndarray | None, shape: tuple[int, ...]) -> np.ndarray:
    return np.zeros(shape) if grad is None else np.abs(grad)


def _expanded(case: Case) -> Case:
    """The case in which every argument of the first step already has the broadcast shape."""
    read = [argument.name for argument in case.steps[0].args if isinstance(argument, Ref)]
    read += [argument.name for _, argument in case.steps[0].kwargs if isinstance(argument, Ref)]
    given = {name: case.input(name) for name in read}
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
