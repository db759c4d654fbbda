"""Random tensors: the streams of the generator, laid out. What is drawn equals what torch draws on the CPU.

https://docs.pytorch.org/docs/stable/torch.html#random-sampling. Normal deviates come with their unrounded values, since
torch reaches them through log and cos; everything else is exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from reference import distributions
from reference.autograd.mode import is_grad_enabled
from reference.broadcasting import broadcast_shapes
from reference.creation import checked_size, dtype_for, like, size_argument, zeros_like
from reference.draws import (
    by_address,
    created,
    default_generator,
    integer_stream,
    limits,
    normal_stream,
    place,
    refuse_unless,
    trial_stream,
    uniform_stream,
)
from reference.dtypes import FLOAT16, INT64, Category, DType, default_dtype, round_to, wider
from reference.errors import refuse, refuse_type
from reference.function import any_requires_grad, function
from reference.generator import Generator
from reference.promotion import Number
from reference.tensor import Tensor


def manual_seed(seed: int) -> Generator:
    """Start the default generator over. https://docs.pytorch.org/docs/stable/generated/torch.manual_seed.html"""
    return default_generator.manual_seed(seed)


# -- new tensors -----------------------------------------------------------------------------------------------------


@function()
def rand(*size: Any, out: Tensor | None = None, dtype: DType | None = None, requires_grad: bool = False) -> Tensor:
    """Uniform numbers of [0, 1). https://docs.pytorch.org/docs/stable/generated/torch.rand.html"""
    target = place(checked_size(size), dtype, out, default_dtype())
    return created(target, out, uniform_stream(target), requires_grad)


@function()
def rand_like(
    input: Tensor, *, dtype: DType | None = None, requires_grad: bool = False, memory_format: str = "preserve"
) -> Tensor:
    """Uniform numbers of [0, 1) in ``input``'s shape.

    https://docs.pytorch.org/docs/stable/generated/torch.rand_like.html
    """
    target = like(input, dtype, memory_format=memory_format)
    return created(target, None, uniform_stream(target), requires_grad)


@function()
def randn(*size: Any, out: Tensor | None = None, dtype: DType | None = None, requires_grad: bool = False) -> Tensor:
    """Normal deviates of mean 0 and variance 1. https://docs.pytorch.org/docs/stable/generated/torch.randn.html"""
    target = place(checked_size(size), dtype, out, default_dtype())
    return created(target, out, normal_stream(target), requires_grad)


@function()
def randn_like(
    input: Tensor, *, dtype: DType | None = None, requires_grad: bool = False, memory_format: str = "preserve"
) -> Tensor:
    """Normal deviates in ``input``'s shape. https://docs.pytorch.org/docs/stable/generated/torch.randn_like.html"""
    target = like(input, dtype, memory_format=memory_format)
    return created(target, None, normal_stream(target), requires_grad)


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
    target = place(size_argument(size), dtype, out, INT64)
    return created(target, out, integer_stream(target, low, high), requires_grad)


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
    return created(target, None, integer_stream(target, given[0] if given else low, high), requires_grad)


@function()
def randperm(n: Any, *, out: Tensor | None = None, dtype: DType | None = None, requires_grad: bool = False) -> Tensor:
    """The integers below ``n`` in random order. https://docs.pytorch.org/docs/stable/generated/torch.randperm.html"""
    if isinstance(n, bool) or not isinstance(n, int):
        refuse_type(f"randperm(): argument 'n' (position 1) must be int, not {type(n).__name__}")
    wanted = dtype_for(dtype, out, INT64)
    if n < 0:
        refuse(f"Trying to create tensor with negative dimension {n}: [{n}]")
    refuse_unless(wanted, Category.INTEGRAL, Category.FLOATING)
    if wanted.category is Category.INTEGRAL and n - 1 > limits(wanted)[1]:
        refuse(f"value cannot be converted to type {wanted!r} without overflow")
    if wanted is FLOAT16 and n > 2049:
        refuse("n cannot be greater than 2049 for Half type.")
    target = place((n,), dtype, out, INT64)
    return created(target, out, (distributions.permutation(default_generator, n, wanted), None), requires_grad)


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
        target = place(size_argument(size), dtype, out, default_dtype())
        return created(target, out, normal_stream(target, mean, std), requires_grad)
    tensors = [value for value in (mean, std) if isinstance(value, Tensor)]
    if not tensors:
        refuse_type("normal() of two numbers needs a size")
    _check_deviations(std)
    if is_grad_enabled() and tensors[0].dtype.is_complex and any_requires_grad(tensors):
        refuse("normal does not support automatic differentiation for outputs with complex dtype.")
    target = place(broadcast_shapes(*(tensor.shape for tensor in tensors)), None, out, tensors[0].dtype)
    drawn, standard = normal_stream(target)
    unrounded = by_address(drawn if standard is None else standard, target.shape, target.strides) * _wide(
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


# -- of given chances -------------------------------------------------------------------------------------------------


@function(lambda arguments: "BernoulliBackward0" if arguments["p"] is None else "NotImplemented")
def bernoulli(input: Tensor, p: Any = None, *, out: Tensor | None = None) -> Tensor:
    """Ones with the probabilities of ``input`` (or all with ``p``), else zeros, in ``input``'s dtype.

    https://docs.pytorch.org/docs/stable/generated/torch.bernoulli.html
    """
    target = place(input.shape, None, out, input.dtype)
    if is_grad_enabled() and input.requires_grad and input.dtype.is_complex:
        refuse("bernoulli does not support automatic differentiation for outputs with complex dtype.")
    if p is not None:
        return created(target, out, trial_stream(target, p), False)
    if not input.numel:
        return created(target, out, (np.empty(0, target.dtype.numpy), None), False)
    refuse_unless(input.dtype, Category.FLOATING)
    return created(target, out, trial_stream(target, input), False)


def _bernoulli_vjp(g: Tensor, p: Any) -> Tensor:
    if p is not None:
        refuse("derivative for aten::bernoulli is not implemented")
    return zeros_like(g)


bernoulli.vjp("input", _bernoulli_vjp)
