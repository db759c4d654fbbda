"""Random tensors: the streams of the generator, laid out. What is drawn equals what torch draws on the CPU.

https://docs.pytorch.org/docs/stable/torch.html#random-sampling. Normal deviates come with their unrounded values, since
torch reaches them through log and cos; everything else is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isnan
from typing import Any

import numpy as np

from reference import distributions, layout
from reference.autograd.mode import is_grad_enabled
from reference.broadcasting import broadcast_shapes, expanded_strides
from reference.creation import checked_size, dtype_for, like, size_argument, tracked, zeros_like
from reference.dtypes import BOOL, FLOAT16, INT64, Category, DType, default_dtype, real_of, round_to, wider
from reference.errors import refuse, refuse_type, refuse_value
from reference.function import Function, function
from reference.generator import Generator
from reference.promotion import Number
from reference.scalars import as_number, largest_float
from reference.tensor import Tensor
from reference.writing import refuse_leaf_write, refuse_overlapping_write, resize, write

default_generator = Generator()

Stream = tuple[np.ndarray, np.ndarray | None]
"""Values in the order of drawing, and the same before their rounding where that says more."""


def manual_seed(seed: int) -> Generator:
    """Start the default generator over. https://docs.pytorch.org/docs/stable/generated/torch.manual_seed.html"""
    return default_generator.manual_seed(seed)


# -- laying a stream out -------------------------------------------------------------------------------------------


def _by_address(stream: np.ndarray, shape: Sequence[int], strides: Sequence[int]) -> np.ndarray:
    """The stream as an array of ``shape`` whose elements were drawn in the order of their addresses."""
    order = sorted(range(len(shape)), key=lambda dim: -strides[dim])
    return stream.reshape([shape[dim] for dim in order]).transpose(np.argsort(order))


def _laid_out(stream: Stream, dtype: DType, target: Tensor) -> Tensor:
    drawn, unrounded = stream
    strides = layout.preserved_strides(target.shape, target.strides)
    made = Tensor.of(_by_address(drawn, target.shape, target.strides), dtype, strides)
    made.unrounded = None if unrounded is None else _by_address(unrounded, target.shape, target.strides)
    return made


def _created(target: Tensor, out: Tensor | None, stream: Stream, requires_grad: bool) -> Tensor:
    """A new tensor like ``target`` holding the stream, or ``out`` after it was given that shape."""
    made = _laid_out(stream, target.dtype, target)
    if out is None:
        return tracked(made, requires_grad)
    out.array[...] = made.array
    out.written()
    out.unrounded = made.unrounded
    return tracked(out, requires_grad)


def _place(shape: tuple[int, ...], dtype: DType | None, out: Tensor | None, inferred: DType) -> Tensor:
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


def _refuse_unless(dtype: DType, *categories: Category) -> None:
    if dtype.category not in categories:
        refuse(f"not implemented for {dtype!r}", "NotImplementedError")


def _uniform(target: Tensor, low: float = 0.0, high: float = 1.0) -> Stream:
    _refuse_unless(target.dtype, Category.FLOATING, Category.COMPLEX)
    largest = largest_float(real_of(target.dtype))
    if not -largest <= low <= largest or not -largest <= high <= largest:
        refuse(f"from or to is out of bounds for {target.dtype!r}")
    if low > high:
        refuse(f"uniform_ expects to return a [from, to) range, but found from={low} > to={high}")
    if high - low > largest:
        refuse("uniform_ expects to-from <= std::numeric_limits::max()")
    return distributions.uniform(default_generator, target.numel, target.dtype, low, high), None


def _normal(target: Tensor, mean: float = 0.0, std: float = 1.0) -> Stream:
    if not std >= 0:
        refuse(f"normal expects std >= 0.0, but found std {std}")
    if target.numel:
        _refuse_unless(target.dtype, Category.FLOATING, Category.COMPLEX)
    elif not target.dtype.is_differentiable:
        return np.empty(0, target.dtype.numpy), None
    return distributions.normal(
        default_generator, target.numel, target.dtype, mean, std, contiguous=target.is_contiguous()
    )


def _integers(target: Tensor, low: int, high: int | None) -> Stream:
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
    lowest, largest = _limits(dtype)
    if not lowest <= low <= largest or (high is not None and high - 1 > largest):
        refuse(f"a bound is out of bounds for {dtype!r}")
    return distributions.random_integers(default_generator, target.numel, dtype, low, high), None


def _limits(dtype: DType) -> tuple[float, float]:
    if dtype is BOOL:
        return 0, 1
    if dtype.category is Category.INTEGRAL:
        return int(np.iinfo(dtype.numpy).min), int(np.iinfo(dtype.numpy).max)
    return -largest_float(dtype), largest_float(dtype)


# -- new tensors ---------------------------------------------------------------------------------------------------


@function()
def rand(*size: Any, out: Tensor | None = None, dtype: DType | None = None, requires_grad: bool = False) -> Tensor:
    """Uniform numbers of [0, 1). https://docs.pytorch.org/docs/stable/generated/torch.rand.html"""
    target = _place(checked_size(size), dtype, out, default_dtype())
    return _created(target, out, _uniform(target), requires_grad)


@function()
def rand_like(
    input: Tensor, *, dtype: DType | None = None, requires_grad: bool = False, memory_format: str = "preserve"
) -> Tensor:
    """Uniform numbers of [0, 1) in ``input``'s shape.

    https://docs.pytorch.org/docs/stable/generated/torch.rand_like.html
    """
    target = like(input, dtype, memory_format=memory_format)
    return _created(target, None, _uniform(target), requires_grad)


@function()
def randn(*size: Any, out: Tensor | None = None, dtype: DType | None = None, requires_grad: bool = False) -> Tensor:
    """Normal deviates of mean 0 and variance 1. https://docs.pytorch.org/docs/stable/generated/torch.randn.html"""
    target = _place(checked_size(size), dtype, out, default_dtype())
    return _created(target, out, _normal(target), requires_grad)


@function()
def randn_like(
    input: Tensor, *, dtype: DType | None = None, requires_grad: bool = False, memory_format: str = "preserve"
) -> Tensor:
    """Normal deviates in ``input``'s shape. https://docs.pytorch.org/docs/stable/generated/torch.randn_like.html"""
    target = like(input, dtype, memory_format=memory_format)
    return _created(target, None, _normal(target), requires_grad)


@function()
def randint(
    *bounds_and_size: Any,
    low: int = 0,
    high: int | None = None,
    size: Any = None,
    out: Tensor | None = None,
    dtype: DType | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Integers of [low, high), called as ``randint([low,] high, size)``.

    https://docs.pytorch.org/docs/stable/generated/torch.randint.html
    """
    given = list(bounds_and_size)
    if size is None:
        if not given:
            refuse_type("randint() is missing its size")
        size = given.pop()
    if high is None:
        if not given:
            refuse_type("randint() is missing its upper bound")
        high = given.pop()
    if given:
        low = given.pop()
    target = _place(size_argument(size), dtype, out, INT64)
    return _created(target, out, _integers(target, low, high), requires_grad)


@function()
def randint_like(
    input: Tensor,
    *bounds: int,
    low: int = 0,
    high: int | None = None,
    dtype: DType | None = None,
    requires_grad: bool = False,
    memory_format: str = "preserve",
) -> Tensor:
    """Integers of [low, high) in ``input``'s shape, called as ``randint_like(input, [low,] high)``.

    https://docs.pytorch.org/docs/stable/generated/torch.randint_like.html
    """
    given = [*bounds]
    high = given.pop() if high is None else high
    target = like(input, dtype, memory_format=memory_format)
    return _created(target, None, _integers(target, given[0] if given else low, high), requires_grad)


@function()
def randperm(n: Any, *, out: Tensor | None = None, dtype: DType | None = None, requires_grad: bool = False) -> Tensor:
    """The integers below ``n`` in random order. https://docs.pytorch.org/docs/stable/generated/torch.randperm.html"""
    if isinstance(n, bool) or not isinstance(n, int):
        refuse_type(f"randperm(): argument 'n' (position 1) must be int, not {type(n).__name__}")
    wanted = dtype_for(dtype, out, INT64)
    if n < 0:
        refuse(f"Trying to create tensor with negative dimension {n}: [{n}]")
    _refuse_unless(wanted, Category.INTEGRAL, Category.FLOATING)
    if wanted.category is Category.INTEGRAL and n - 1 > _limits(wanted)[1]:
        refuse(f"value cannot be converted to type {wanted!r} without overflow")
    if wanted is FLOAT16 and n > 2049:
        refuse("n cannot be greater than 2049 for Half type.")
    target = _place((n,), dtype, out, INT64)
    return _created(target, out, (distributions.permutation(default_generator, n, wanted), None), requires_grad)


def _normal_node(arguments: Mapping[str, Any]) -> str:
    mean, std = (isinstance(arguments[name], Tensor) for name in ("mean", "std"))
    return "NormalBackward3" if mean and std else "NormalBackward1" if mean else "NormalBackward2"


@function(_normal_node)
def normal(
    mean: Any,
    std: Any = 1.0,
    size: Any = None,
    *,
    out: Tensor | None = None,
    dtype: DType | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Normal deviates: of the given means and standard deviations (tensors), or of a ``size`` and numbers.

    https://docs.pytorch.org/docs/stable/generated/torch.normal.html
    """
    if size is not None:
        target = _place(size_argument(size), dtype, out, default_dtype())
        return _created(target, out, _normal(target, mean, std), requires_grad)
    tensors = [value for value in (mean, std) if isinstance(value, Tensor)]
    if not tensors:
        refuse_type("normal() of two numbers needs a size")
    _check_deviations(std)
    target = _place(broadcast_shapes(*(tensor.shape for tensor in tensors)), None, out, tensors[0].dtype)
    drawn, standard = _normal(target)
    unrounded = _by_address(drawn if standard is None else standard, target.shape, target.strides) * _wide(
        std, target
    ) + _wide(mean, target)
    made = Tensor.of(round_to(unrounded, target.dtype), target.dtype)
    made.unrounded = unrounded
    if out is None:
        return made
    out.array[...] = made.array
    out.written()
    out.unrounded = unrounded
    return out


normal.vjp("mean", lambda g, mean: zeros_like(mean))
normal.vjp("std", lambda g, std: zeros_like(std))


def _check_deviations(std: Any) -> None:
    if not isinstance(std, Tensor):
        if not std >= 0:
            refuse(f"normal expects std >= 0.0, but found std {std}")
    elif std.dtype.is_complex:
        refuse("normal expects standard deviation to be non-complex")
    elif not (std.array >= 0).all():
        refuse("normal expects all elements of std >= 0.0")


def _wide(value: Tensor | Number, target: Tensor) -> np.ndarray:
    array = value.array if isinstance(value, Tensor) else np.asarray(value)
    return round_to(array, target.dtype).astype(wider(target.dtype).numpy)


# -- in place ------------------------------------------------------------------------------------------------------


def _redrawn(called: Function, input: Tensor, draw: Callable[[], Stream], **arguments: Any) -> Tensor:
    """Write a stream over ``input``; its gradient stops here."""
    refuse_leaf_write(input, *arguments.values())
    refuse_overlapping_write(input)
    return write(input, _laid_out(draw(), input.dtype, input), called, {"input": input, **arguments})


def _stopping(node: str, *others: str) -> Function:
    """The record of an in-place draw: gradients of what was there, and of its parameters, are zero."""

    def overwritten(input: Tensor, p: Any = None) -> Tensor:
        return input

    stop = Function(overwritten, node)
    stop.vjp("input", lambda g: zeros_like(g))
    if others:
        stop.vjp("p", lambda g, p: zeros_like(p))
    return stop


_UNIFORM, _NORMAL = _stopping("UniformBackward0"), _stopping("NormalBackward0")
_RANDOM_FROM, _RANDOM_TO, _RANDOM = (_stopping(f"RandomBackward{number}") for number in range(3))
_BERNOULLI_EACH, _BERNOULLI = _stopping("BernoulliBackward1", "p"), _stopping("BernoulliBackward2")


@function()
def uniform_(input: Tensor, from_: float = 0.0, to: float = 1.0) -> Tensor:
    """Fill with uniform numbers of [from, to).

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.uniform_.html
    """
    return _redrawn(_UNIFORM, input, lambda: _uniform(input, from_, to))


@function()
def normal_(input: Tensor, mean: float = 0.0, std: float = 1.0) -> Tensor:
    """Fill with normal deviates. https://docs.pytorch.org/docs/stable/generated/torch.Tensor.normal_.html"""
    return _redrawn(_NORMAL, input, lambda: _normal(input, mean, std))


@function()
def random_(input: Tensor, *bounds: int | None) -> Tensor:
    """Fill with integers: up to the largest exact one, of [0, to), or of [from, to).

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.random_.html
    """
    if not bounds:
        return _redrawn(_RANDOM, input, lambda: _full_range(input))
    if len(bounds) == 1:
        return _redrawn(_RANDOM_TO, input, lambda: _integers(input, 0, bounds[0]))
    low, high = bounds
    if low is None:
        refuse_type("random_() needs a lower bound")
    return _redrawn(_RANDOM_FROM, input, lambda: _integers(input, low, high))


def _full_range(target: Tensor) -> Stream:
    if not target.numel:
        return np.empty(0, target.dtype.numpy), None
    _refuse_unless(target.dtype, Category.BOOL, Category.INTEGRAL, Category.FLOATING)
    return distributions.random_full(default_generator, target.numel, target.dtype), None


@function("BernoulliBackward0")
def bernoulli(input: Tensor, p: Any = None, *, out: Tensor | None = None) -> Tensor:
    """Ones with the probabilities of ``input`` (or all with ``p``), else zeros, in ``input``'s dtype.

    https://docs.pytorch.org/docs/stable/generated/torch.bernoulli.html
    """
    target = _place(input.shape, None, out, input.dtype)
    if p is not None:
        return _created(target, out, _trials(target, p), False)
    _refuse_unless(input.dtype, Category.FLOATING)
    return _created(target, out, _trials(target, input), False)


bernoulli.vjp("input", lambda g: zeros_like(g))


@function()
def bernoulli_(input: Tensor, p: Any = 0.5) -> Tensor:
    """Fill with ones of probability ``p`` (a number, or a tensor that broadcasts), else zeros.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.bernoulli_.html
    """
    if isinstance(p, Tensor):
        return _redrawn(_BERNOULLI_EACH, input, lambda: _trials(input, p), p=p)
    return _redrawn(_BERNOULLI, input, lambda: _trials(input, p))


def _trials(target: Tensor, p: Tensor | Number) -> Stream:
    if not isinstance(p, Tensor):
        chance = float(np.real(as_number(p, "p")))
        if isnan(chance) or not 0 <= chance <= 1:
            refuse(f"bernoulli_ expects p to be in [0, 1], but got p={p}")
    if target.numel:
        _refuse_unless(target.dtype, Category.BOOL, Category.INTEGRAL, Category.FLOATING)
    if not isinstance(p, Tensor):
        return distributions.bernoulli(default_generator, target.numel, chance).astype(target.dtype.numpy), None
    _refuse_unless(p.dtype, Category.FLOATING)
    if broadcast_shapes(p.shape, target.shape) != target.shape:
        refuse("The expanded size of the tensor must match the existing size")
    if not ((p.array >= 0) & (p.array <= 1)).all():
        refuse("Expected p_in >= 0 && p_in <= 1 to be true, but got false.")
    wide = p.view_as(target.shape, expanded_strides(p.shape, p.strides, target.shape)).array
    order = sorted(range(target.ndim), key=lambda dim: -target.strides[dim])
    drawn = distributions.bernoulli_each(default_generator, wide.transpose(order).reshape(-1))
    return drawn.astype(target.dtype.numpy), None
