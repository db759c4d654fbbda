"""The wider twin of a case: the same program on the same values, in dtypes wide enough to be called exact."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from conformance.model.case import Argument, Case, DTypeName, Input, Literal
from conformance.model.observation import Trace
from conformance.targets.reference import ReferenceTarget
from conformance.values import fill
from reference.dtypes import BY_NAME, DType, default_dtype, set_default_dtype

_REFERENCE = ReferenceTarget()
_NAMES = {"float16": "float64", "bfloat16": "float64", "float32": "float64", "complex64": "complex128"}
_WIDEST = {**_NAMES, "float32": "extended", "float64": "extended", "complex64": "complex_extended"} | {
    "float16": "extended",
    "bfloat16": "extended",
    "complex128": "complex_extended",
}
Change = Callable[[np.ndarray], np.ndarray]


def run_wide(case: Case, change: Change | None = None) -> Trace:
    """Run the wider twin on the reference, the floating point values of its inputs changed by ``change``."""
    names = _names_for(case)
    with _default_dtype(BY_NAME["extended" if names is _WIDEST else "float64"]):
        return _REFERENCE.run(widened(case, names, change))


def widened(case: Case, names: dict[str, str], change: Change | None = None) -> Case:
    """The case with every floating point dtype replaced, values kept."""
    inputs = tuple(_widen_input(given, names, change) for given in case.inputs)
    steps = tuple(
        replace(
            step,
            args=tuple(_widen(argument, names) for argument in step.args),
            kwargs=tuple((name, _widen(argument, names)) for name, argument in step.kwargs),
        )
        for step in case.steps
    )
    return replace(case, inputs=inputs, steps=steps)


def _names_for(case: Case) -> dict[str, str]:
    """float64 suffices unless something in the case is itself float64 or complex128."""
    wide = {"float64", "complex128"}
    named = {given.dtype for given in case.inputs}
    for step in case.steps:
        named |= {value.name for value in (*step.args, *dict(step.kwargs).values()) if isinstance(value, DTypeName)}
    return _WIDEST if named & wide else _NAMES


def _widen_input(given: Input, names: dict[str, str], change: Change | None) -> Input:
    if given.dtype not in names or given.array:
        return given
    dtype: DType = BY_NAME[names[given.dtype]]
    with np.errstate(invalid="ignore"):  # a signalling NaN
        values = fill(given).astype(dtype.numpy)
    if change is not None:
        values = change(values).astype(dtype.numpy)
    return replace(given, dtype=dtype.name, values=Literal(values.tobytes()))


def _widen(argument: Argument, names: dict[str, str]) -> Argument:
    if isinstance(argument, DTypeName):
        return DTypeName(names.get(argument.name, argument.name))
    if isinstance(argument, (tuple, list)):
        return type(argument)(_widen(part, names) for part in argument)
    return argument


@contextmanager
def _default_dtype(dtype: DType) -> Iterator[None]:
    earlier = set_default_dtype(dtype) if default_dtype() is not dtype else dtype
    try:
        yield
    finally:
        set_default_dtype(earlier)
