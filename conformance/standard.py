"""The standard of a case: the bound of its operation, and the magnitudes that the bound is relative to."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import Any

import numpy as np

from conformance.accuracy import Loss, Summation
from conformance.compare import GradientScale, Standard
from conformance.model.case import Case, Input, Literal, references
from conformance.model.observation import Trace
from conformance.operation import Operation
from conformance.strategies.layouts import geometry
from conformance.ulp import finfo
from conformance.values import fill
from conformance.widen import run_wide
from reference.broadcasting import broadcast_shapes
from reference.dtypes import BY_NAME, Category, DType, complex_of, wider


def standard_for(operation: Operation, case: Case, expected: Trace) -> Standard:
    """By what the values and gradients of a case are judged."""
    sums = isinstance(operation.accuracy, (Summation, Loss))
    return Standard(
        operation.accuracy,
        operation.name,
        _last_result(expected, case).shape,
        inputs=_inputs(operation, case),
        magnitude=(lambda: _magnitude(case)) if sums else None,
        terms=_terms(case, expected),
        gradient=operation.gradient or operation.accuracy,
        coarsest=_coarsest(case),
        gradient_scale=lambda name: _gradient_scale(operation, case, name),
    )


def _inputs(operation: Operation, case: Case) -> tuple[np.ndarray, ...]:
    """The tensors read, wide, in their logical order; broadcast to each other for pointwise operations."""
    given = [one for one in _read(case) if not one.array]
    arrays = [logical(one).astype(wide_of(BY_NAME[one.dtype])) for one in given]
    if operation.pointwise and arrays:
        shape = broadcast_shapes(*(one.shape for one in given))
        return tuple(np.broadcast_to(array, shape) for array in arrays)
    return tuple(arrays)


def _coarsest(case: Case) -> DType | None:
    """The floating point dtype with the fewest digits among the tensors read: a backward pass may round to any."""
    floating = [BY_NAME[one.dtype] for one in _read(case) if BY_NAME[one.dtype].category >= Category.FLOATING]
    return min(floating, key=lambda dtype: finfo(dtype).p, default=None)


def wide_of(dtype: DType) -> np.dtype[Any]:
    """The dtype in which a bound looks at values of ``dtype``: wider for floating point, float64 for integers."""
    return wider(dtype).numpy if dtype.category >= Category.FLOATING else np.dtype(np.float64)


def _read(case: Case) -> list[Input]:
    """The inputs that the operation under test reads, in the order of its arguments."""
    inputs = {given.name: given for given in case.inputs}
    arguments = [*case.main.args, *(argument for name, argument in case.main.kwargs if name != "out")]
    names = [name for argument in arguments for name in references(argument)]
    return [inputs[name] for name in names if name in inputs]


def logical(given: Input) -> np.ndarray:
    """The elements of an input in their logical order."""
    flat = fill(given)
    strides = tuple(stride * flat.itemsize for stride in given.strides)
    if 0 in given.shape:
        return np.empty(given.shape, flat.dtype)
    return np.lib.stride_tricks.as_strided(flat[given.offset :], given.shape, strides)


def _magnitude(case: Case) -> np.ndarray:
    """S, the sum of the magnitudes of the terms: the operation itself on the magnitudes of its inputs, or its result
    where that is more, as that of a sum of squared differences."""
    return np.maximum(np.abs(_last_result(run_wide(case, np.abs), case)), np.abs(_last_result(run_wide(case), case)))


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
    seen = next((trace.last.variables[n] for n in case.main.results if n in trace.last.variables), None)
    if seen is None or not isinstance(seen.values, np.ndarray):
        return np.ones(())
    return seen.values if seen.unrounded is None else seen.unrounded


def _gradient_scale(operation: Operation, case: Case, name: str) -> GradientScale:
    """What the gradient of an input sums.

    A pointwise operation sums where it broadcast: its terms are the gradients of the expanded inputs. Of any other,
    the gradient of the magnitudes serves, since what is summed there is a product of inputs and cotangent.
    """
    shape = case.input(name).shape
    cotangent = np.abs(logical(case.input("cotangent")).astype(np.clongdouble))
    case = _in_complex(case)
    if not operation.pointwise:
        seen = run_wide(case, np.abs).last.variables[name]
        return GradientScale(_grad_magnitude(seen.grad, shape), np.broadcast_to(cotangent.sum(), shape))
    seen = run_wide(_expanded(case)).last.variables[name]
    terms = _grad_magnitude(seen.grad, cotangent.shape)
    return GradientScale(_sum_to(terms, shape), _sum_to(cotangent, shape))


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
