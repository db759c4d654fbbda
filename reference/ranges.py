"""Evenly spaced numbers: arange, linspace, logspace; and eye.

https://docs.pytorch.org/docs/stable/generated/torch.arange.html
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from reference.creation import deliver, dtype_for
from reference.dtypes import BOOL, INT64, Category, DType, complex_of, default_dtype, round_to, wider
from reference.errors import refuse, refuse_dtype, refuse_type
from reference.function import function
from reference.scalars import as_number, element
from reference.tensor import Tensor
from reference.writing import refuse_overlapping_write


def _filled(values: np.ndarray, dtype: DType, out: Tensor | None, requires_grad: bool) -> Tensor:
    """The values as a tensor; an ``out`` of as many elements keeps its shape."""
    if out is not None:
        if out.numel == values.size:
            values = values.reshape(out.shape)
        refuse_overlapping_write(out)
    return deliver(Tensor.of(values, dtype), out, requires_grad)


@function()
def arange(
    *bounds: Any,
    start: Any = 0,
    end: Any = None,
    step: Any = 1,
    out: Tensor | None = None,
    dtype: DType | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """``start + i * step`` below ``end``, called as ``arange([start,] end[, step])``.

    There are ceil((end - start) / step) of them. Integers give int64, anything else the default dtype. An integral
    dtype counts from ``start`` in steps that are cut to integers; with fractions only the length is specified.
    Refuses a step of zero, and bounds that the step does not lead to.
    https://docs.pytorch.org/docs/stable/generated/torch.arange.html
    """
    if len(bounds) == 1 and end is None:
        (end,) = bounds
    else:
        start, end, step = (*bounds, *(start, end, step)[len(bounds) :])
    first, last, stride = (_real(value, name) for value, name in ((start, "start"), (end, "end"), (step, "step")))
    whole = all(isinstance(value, int) for value in (first, last, stride))
    wanted = dtype_for(dtype, out, INT64 if whole else default_dtype())
    if wanted is BOOL or wanted.is_complex:
        refuse_dtype("arange_cpu", wanted)
    length = _length(first, last, stride)
    if wanted.category is Category.INTEGRAL:
        made = _filled(_counted(int(first), int(stride), length, wanted), wanted, out, requires_grad)
        made.specified = whole or not length
        return made
    steps = np.arange(length).astype(np.longdouble)
    exact = np.longdouble(first) + steps * np.longdouble(stride)
    return _filled(exact.astype(wider(wanted).numpy), wanted, out, requires_grad)


def _real(value: Any, name: str) -> int | float:
    number = as_number(value, name)
    if isinstance(number, complex):
        if number.imag:
            refuse("value cannot be converted to type double without overflow")
        return number.real
    if isinstance(number, int):
        element(number, INT64)
    return number


def _length(first: int | float, last: int | float, stride: int | float) -> int:
    """How many steps fit: counted in integers where all are integers, else in float64."""
    if not stride:
        refuse("step must be nonzero")
    if not math.isfinite(first) or not math.isfinite(last):
        refuse(f"unsupported range: {first} -> {last}")
    if (last < first) if stride > 0 else (last > first):
        refuse("upper bound and lower bound inconsistent with step sign")
    if isinstance(first, int) and isinstance(last, int) and isinstance(stride, int):
        return -((first - last) // stride)
    length = math.ceil((float(last) - float(first)) / float(stride))
    if length >= 2**63:
        refuse("invalid size, possible overflow?")
    return length


def _counted(first: int, stride: int, length: int, dtype: DType) -> np.ndarray:
    """``first + i * stride``, wrapped around to the dtype."""
    mask = 2**64 - 1
    steps = np.arange(length, dtype=np.uint64)
    return (np.uint64(first & mask) + steps * np.uint64(stride & mask)).astype(dtype.numpy)


@function()
def linspace(
    start: Any,
    end: Any,
    steps: int,
    *,
    out: Tensor | None = None,
    dtype: DType | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """``steps`` numbers from ``start`` to ``end``, both included.

    An integral dtype cuts ``start`` and ``end`` to integers before, and the numbers after.
    https://docs.pytorch.org/docs/stable/generated/torch.linspace.html
    """
    wanted = _spaced_dtype(start, end, steps, dtype, out)
    if steps == 1:
        return _filled(element(as_number(start, "start"), wanted).reshape(1), wanted, out, requires_grad)
    numbers = _spaced(start, end, steps, wanted)
    if wanted.category is not Category.INTEGRAL:
        return _filled(numbers, wanted, out, requires_grad)
    made = _filled(np.trunc(numbers).astype(wanted.numpy), wanted, out, requires_grad)
    specified = (np.abs(numbers) < 2**53) & (_exact_steps(numbers) | _far_from_integers(numbers))
    specified[:1] = specified[-1:] = True  # both bounds are included
    specified &= _is_held(start, wanted) and _is_held(end, wanted)
    made.specified = bool(specified.all()) or specified.reshape(made.shape)
    return made


def _is_held(bound: Any, dtype: DType) -> bool:
    """Whether an integral dtype holds a bound: what a negative one is to uint8, no page says."""
    limits = np.iinfo(dtype.numpy)
    return bool(limits.min <= np.trunc(as_number(bound, "bound")) <= limits.max)


@function()
def logspace(
    start: Any,
    end: Any,
    steps: int,
    base: float = 10.0,
    *,
    out: Tensor | None = None,
    dtype: DType | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """``base`` to the powers ``linspace(start, end, steps)``; an integral dtype cuts the powers' exponents' bounds.

    https://docs.pytorch.org/docs/stable/generated/torch.logspace.html
    """
    if isinstance(base, complex):
        refuse_type("logspace(): argument 'base' must be float, not complex")
    wanted = _spaced_dtype(start, end, steps, dtype, out)
    if steps == 1:
        with np.errstate(all="ignore"):
            power = np.power(np.longdouble(base), as_number(start, "start"))
        held = element(power.item(), wanted)
        if wanted.is_differentiable:  # with the digits that are rounded away
            held = power.astype(wider(wanted).numpy)
        return _filled(held.reshape(1), wanted, out, requires_grad)
    exponents = _spaced(start, end, steps, wanted)
    with np.errstate(all="ignore"):
        powers = np.power(exponents.dtype.type(base), exponents)
    if wanted.category is not Category.INTEGRAL:
        return _filled(powers, wanted, out, requires_grad)
    limits = np.iinfo(wanted.numpy)
    held = np.isfinite(powers) & (powers >= limits.min) & (powers <= limits.max)
    made = _filled(np.where(held, powers, 0).astype(wanted.numpy), wanted, out, requires_grad)
    specified = held & (_far_from_integers(powers) | _exact_powers(exponents, float(base)))
    made.specified = bool(specified.all()) or specified.reshape(made.shape)
    return made


def _far_from_integers(powers: np.ndarray) -> np.ndarray:
    """Where a small error of the power cannot change the integer to which it is cut."""
    with np.errstate(all="ignore"):
        return np.asarray(np.abs(powers - np.rint(powers)) > 1e-4 * np.maximum(np.abs(powers), 1))


def _exact_steps(numbers: np.ndarray) -> np.ndarray:
    """The ends, and every number if the steps between them are exact in few bits: no rounding moves these."""
    exact = np.isin(np.arange(numbers.size), (0, numbers.size - 1))
    scaled = np.diff(numbers[:2]) * 1024
    return exact | bool((scaled == np.rint(scaled)).all())


def _exact_powers(exponents: np.ndarray, base: float) -> np.ndarray:
    """Where an integer is raised to a small integer, which gives an exact integer."""
    with np.errstate(all="ignore"):
        whole = (exponents == np.rint(exponents)) & (exponents >= 0)
        small = np.abs(base) ** exponents < 2**24
    return np.asarray(whole & small & (base == int(base)))


def _spaced_dtype(start: Any, end: Any, steps: Any, dtype: DType | None, out: Tensor | None) -> DType:
    if isinstance(steps, bool) or not isinstance(steps, int):
        refuse_type(f"argument 'steps' must be int, not {type(steps).__name__}")
    if any(isinstance(bound, Tensor) and bound.ndim for bound in (start, end)):
        refuse("linspace only supports 0-dimensional start and end tensors")
    numbers = (as_number(start, "start"), as_number(end, "end"))
    inferred = default_dtype()
    if any(isinstance(number, complex) for number in numbers):
        inferred = complex_of(inferred)
        if dtype is not None and not dtype.is_complex:
            refuse(f"inferred dtype {inferred!r} can't be safely cast to passed dtype {dtype!r}")
    if steps < 0:
        refuse("number of steps must be non-negative")
    wanted = dtype_for(dtype, out, inferred)
    if wanted is BOOL and steps > 1:
        refuse_dtype("linspace_cpu", BOOL)
    return wanted


def _spaced(start: Any, end: Any, steps: int, dtype: DType) -> np.ndarray:
    """Evenly spaced numbers between bounds of the dtype, each counted from the nearer end."""
    computing = np.dtype(np.longdouble) if dtype.category is Category.INTEGRAL else wider(dtype).numpy
    if not steps:
        return np.empty(0, computing)
    first, last = (
        round_to(element(as_number(bound, "start"), dtype), dtype).astype(computing) for bound in (start, end)
    )
    place = np.arange(steps)
    index = place.astype(computing)
    with np.errstate(all="ignore"):
        step = (last - first) / computing.type(steps - 1)
        from_end = last - step * (computing.type(steps - 1) - index)
        return np.where(place < steps // 2, first + step * index, from_end)


@function()
def eye(
    n: Any,
    m: Any = None,
    *,
    out: Tensor | None = None,
    dtype: DType | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Ones on the diagonal of an ``n`` by ``m`` matrix, zeros elsewhere.

    https://docs.pytorch.org/docs/stable/generated/torch.eye.html
    """
    columns = n if m is None else m
    for size in (n, columns):
        if isinstance(size, bool) or not isinstance(size, int):
            refuse_type(f"eye(): a size must be int, not {type(size).__name__}")
    if n < 0 or columns < 0:
        refuse(f"a size must be greater or equal to 0, got {min(n, columns)}")
    wanted = dtype_for(dtype, out, default_dtype())
    if out is not None and out.shape == (n, columns):
        refuse_overlapping_write(out)
    return deliver(Tensor.of(np.eye(n, columns, dtype=wanted.numpy), wanted), out, requires_grad)
