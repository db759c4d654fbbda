"""What is drawn for a tensor, and how it is laid out in it: the streams of the default generator.

A stream is laid out in the order of the addresses that it fills, whatever the tensor's strides.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

import numpy as np

from reference import distributions, layout
from reference.autograd.mode import is_grad_enabled
from reference.broadcasting import broadcast_shapes, expanded_strides
from reference.creation import dtype_for, tracked
from reference.dtypes import BOOL, Category, DType, real_of, round_to
from reference.errors import refuse, refuse_dtype, refuse_type, refuse_value
from reference.generator import Generator
from reference.promotion import Number
from reference.scalars import as_number, largest_float
from reference.tensor import Tensor
from reference.writing import refuse_overlapping_write, resize

default_generator = Generator()

Stream = tuple[np.ndarray, np.ndarray | None]
"""Values in the order of drawing, and the same before their rounding where that says more."""


def by_address(stream: np.ndarray, shape: Sequence[int], strides: Sequence[int]) -> np.ndarray:
    """The stream as an array of ``shape`` whose elements were drawn in the order of their addresses."""
    order = sorted(range(len(shape)), key=lambda dim: -strides[dim])
    return stream.reshape([shape[dim] for dim in order]).transpose(np.argsort(order))


def laid_out(stream: Stream, dtype: DType, target: Tensor) -> Tensor:
    drawn, unrounded = stream
    strides = layout.preserved_strides(target.shape, target.strides)
    made = Tensor.of(by_address(drawn, target.shape, target.strides), dtype, strides)
    made.unrounded = None if unrounded is None else by_address(unrounded, target.shape, target.strides)
    return made


def created(target: Tensor, out: Tensor | None, stream: Stream, requires_grad: bool) -> Tensor:
    """A new tensor like ``target`` holding the stream, or ``out`` after it was given that shape."""
    made = laid_out(stream, target.dtype, target)
    if out is None:
        return tracked(made, requires_grad)
    out.array[...] = made.array
    out.written()
    out.unrounded = made.unrounded
    return tracked(out, requires_grad)


def place(shape: tuple[int, ...], dtype: DType | None, out: Tensor | None, inferred: DType) -> Tensor:
    """Where a stream goes: a new tensor, or ``out`` given this shape."""
    wanted = dtype_for(dtype, out, inferred)
    if out is None:
        return Tensor.empty(shape, wanted)
    if is_grad_enabled() and out.requires_grad:
        refuse("functions with out=... arguments don't support automatic differentiation")
    if out.shape != shape:
        resize(out, shape)
    refuse_overlapping_write(out)
    return out


# -- streams ---------------------------------------------------------------------------------------------------------


def refuse_unless(dtype: DType, *categories: Category) -> None:
    if dtype.category not in categories:
        refuse_dtype("draw", dtype)


def uniform_stream(target: Tensor, low: float = 0.0, high: float = 1.0) -> Stream:
    refuse_unless(target.dtype, Category.FLOATING, Category.COMPLEX)
    if target.dtype.is_complex and not target.numel:
        return np.empty(0, target.dtype.numpy), None
    largest = largest_float(real_of(target.dtype))
    if not -largest <= low <= largest or not -largest <= high <= largest:
        refuse(f"from or to is out of bounds for {target.dtype!r}")
    if low > high:
        refuse(f"uniform_ expects to return a [from, to) range, but found from={low} > to={high}")
    if high - low > largest:
        refuse("uniform_ expects to-from <= std::numeric_limits::max()")
    return distributions.uniform(default_generator, target.numel, target.dtype, low, high), None


def normal_stream(target: Tensor, mean: float = 0.0, std: float = 1.0) -> Stream:
    if not std >= 0:
        refuse(f"normal expects std >= 0.0, but found std {std}")
    if target.numel:
        refuse_unless(target.dtype, Category.FLOATING, Category.COMPLEX)
    elif not target.dtype.is_differentiable:
        return np.empty(0, target.dtype.numpy), None
    return distributions.normal(
        default_generator, target.numel, target.dtype, mean, std, contiguous=target.is_contiguous()
    )


def log_normal_stream(target: Tensor, mean: float = 1.0, std: float = 2.0) -> Stream:
    if not std > 0:
        refuse(f"log_normal_ expects std > 0.0, but found std={std}")
    if not target.numel:
        return np.empty(0, target.dtype.numpy), None
    refuse_unless(target.dtype, Category.FLOATING)
    return distributions.log_normal(default_generator, target.numel, target.dtype, mean, std)


def cauchy_stream(target: Tensor, median: float = 0.0, sigma: float = 1.0) -> Stream:
    if not sigma > 0:
        refuse(f"cauchy_ expects sigma > 0.0, but found sigma={sigma}")
    if not target.dtype.is_floating_point:
        refuse(f"Cauchy distribution is a continuous probability distribution: {target.dtype!r} is not floating point")
    return distributions.cauchy(default_generator, target.numel, target.dtype, median, sigma)


def exponential_stream(target: Tensor, rate: float = 1.0) -> Stream:
    if not rate > 0:
        refuse(f"exponential_ expects lambda > 0.0, but found lambda={rate}")
    if not target.numel:
        return np.empty(0, target.dtype.numpy), None
    if not target.dtype.is_floating_point:
        refuse(f"Exponential distribution is continuous: {target.dtype!r} is not floating point")
    return distributions.exponential(default_generator, target.numel, target.dtype, rate)


def geometric_stream(target: Tensor, p: float) -> Stream:
    if not 0 < p < 1:
        refuse(f"geometric_ expects p to be in (0, 1), but got p={p}")
    if not target.numel:
        return np.empty(0, target.dtype.numpy), None
    refuse_unless(target.dtype, Category.INTEGRAL, Category.FLOATING)
    return round_to(distributions.geometric(default_generator, target.numel, p), target.dtype), None


def integer_stream(target: Tensor, low: int, high: int | None) -> Stream:
    dtype = target.dtype
    for bound in (low, high):
        if isinstance(bound, bool) or not isinstance(bound, (int, type(None))):
            refuse_type(f"a bound must be int, not {type(bound).__name__}")
        if bound is not None and not -(2**63) <= bound < 2**63:
            refuse_value("Overflow when unpacking long long")
    if high is not None and low >= high:
        refuse(f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}")
    if dtype.is_complex:
        refuse("check_random_bounds handles only integral, floating-point and boolean types")
    lowest, largest = limits(dtype)
    if not lowest <= low <= largest or (high is not None and high - 1 > largest):
        refuse(f"a bound is out of bounds for {dtype!r}")
    return distributions.random_integers(default_generator, target.numel, dtype, low, high), None


def limits(dtype: DType) -> tuple[float, float]:
    if dtype is BOOL:
        return 0, 1
    if dtype.category is Category.INTEGRAL:
        return int(np.iinfo(dtype.numpy).min), int(np.iinfo(dtype.numpy).max)
    return -largest_float(dtype), largest_float(dtype)


def full_range_stream(target: Tensor) -> Stream:
    if not target.numel:
        return np.empty(0, target.dtype.numpy), None
    refuse_unless(target.dtype, Category.BOOL, Category.INTEGRAL, Category.FLOATING)
    return distributions.random_full(default_generator, target.numel, target.dtype), None


def trial_stream(target: Tensor, p: Tensor | Number) -> Stream:
    if not isinstance(p, Tensor):
        chance = float(np.real(as_number(p, "p")))
        if isnan(chance) or not 0 <= chance <= 1:
            refuse(f"bernoulli_ expects p to be in [0, 1], but got p={p}")
    if target.numel:
        refuse_unless(target.dtype, Category.BOOL, Category.INTEGRAL, Category.FLOATING)
    if not isinstance(p, Tensor):
        return distributions.bernoulli(default_generator, target.numel, chance).astype(target.dtype.numpy), None
    refuse_unless(p.dtype, Category.FLOATING)
    if not target.numel:
        return np.empty(0, target.dtype.numpy), None
    if broadcast_shapes(p.shape, target.shape) != target.shape:
        refuse("The expanded size of the tensor must match the existing size")
    if not ((p.array >= 0) & (p.array <= 1)).all():
        refuse("Expected p_in >= 0 && p_in <= 1 to be true, but got false.")
    wide = p.view_as(target.shape, expanded_strides(p.shape, p.strides, target.shape)).array
    order = sorted(range(target.ndim), key=lambda dim: -target.strides[dim])
    drawn = distributions.bernoulli_each(default_generator, wide.transpose(order).reshape(-1))
    return drawn.astype(target.dtype.numpy), None
