"""In-place random sampling: a stream of the generator written over a tensor, whose gradient stops there.

https://docs.pytorch.org/docs/stable/torch.html#in-place-random-sampling
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reference.creation import zeros_like
from reference.draws import (
    Stream,
    cauchy_stream,
    exponential_stream,
    full_range_stream,
    geometric_stream,
    integer_stream,
    laid_out,
    log_normal_stream,
    normal_stream,
    trial_stream,
    uniform_stream,
)
from reference.errors import refuse_type
from reference.function import Function, function
from reference.tensor import Tensor
from reference.writing import refuse_leaf_write, refuse_overlapping_write, write


def _redrawn(called: Function, input: Tensor, draw: Callable[[], Stream], **arguments: Any) -> Tensor:
    """Write a stream over ``input``; its gradient stops here."""
    refuse_leaf_write(input, *arguments.values())
    refuse_overlapping_write(input)
    return write(input, laid_out(draw(), input.dtype, input), called, {"input": input, **arguments})


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
    return _redrawn(_UNIFORM, input, lambda: uniform_stream(input, from_, to))


@function()
def normal_(input: Tensor, mean: float = 0.0, std: float = 1.0) -> Tensor:
    """Fill with normal deviates. https://docs.pytorch.org/docs/stable/generated/torch.Tensor.normal_.html"""
    return _redrawn(_NORMAL, input, lambda: normal_stream(input, mean, std))


@function()
def random_(input: Tensor, *bounds: int | None) -> Tensor:
    """Fill with integers: up to the largest exact one, of [0, to), or of [from, to).

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.random_.html
    """
    if not bounds:
        return _redrawn(_RANDOM, input, lambda: full_range_stream(input))
    if len(bounds) == 1:
        return _redrawn(_RANDOM_TO, input, lambda: integer_stream(input, 0, bounds[0]))
    low, high = bounds
    if low is None:
        refuse_type("random_() needs a lower bound")
    return _redrawn(_RANDOM_FROM, input, lambda: integer_stream(input, low, high))


@function()
def bernoulli_(input: Tensor, p: Any = 0.5) -> Tensor:
    """Fill with ones of probability ``p`` (a number, or a tensor that broadcasts), else zeros.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.bernoulli_.html
    """
    if isinstance(p, Tensor):
        return _redrawn(_BERNOULLI_EACH, input, lambda: trial_stream(input, p), p=p)
    return _redrawn(_BERNOULLI, input, lambda: trial_stream(input, p))


_CAUCHY, _EXPONENTIAL = _stopping("CauchyBackward0"), _stopping("ExponentialBackward0")
_GEOMETRIC, _LOG_NORMAL = _stopping("GeometricBackward0"), _stopping("LogNormalBackward0")


@function()
def cauchy_(input: Tensor, median: float = 0.0, sigma: float = 1.0) -> Tensor:
    """Fill with Cauchy deviates. https://docs.pytorch.org/docs/stable/generated/torch.Tensor.cauchy_.html"""
    return _redrawn(_CAUCHY, input, lambda: cauchy_stream(input, median, sigma))


@function()
def exponential_(input: Tensor, lambd: float = 1.0) -> Tensor:
    """Fill with exponential deviates of rate ``lambd``.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.exponential_.html
    """
    return _redrawn(_EXPONENTIAL, input, lambda: exponential_stream(input, lambd))


@function()
def geometric_(input: Tensor, p: float) -> Tensor:
    """Fill with how many trials of chance ``p`` it takes until one succeeds, that one included.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.geometric_.html
    """
    return _redrawn(_GEOMETRIC, input, lambda: geometric_stream(input, p))


@function()
def log_normal_(input: Tensor, mean: float = 1.0, std: float = 2.0) -> Tensor:
    """Fill with numbers whose logarithms are normal deviates of ``mean`` and ``std``.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.log_normal_.html
    """
    return _redrawn(_LOG_NORMAL, input, lambda: log_normal_stream(input, mean, std))
