"""Wrong gradients, graphs and refusals."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch

from reference.broadcasting import broadcast_shapes
from tests.conformance.planted.planting import IN_PLACE, Fault, Plant

Change = Callable[[torch.Tensor], torch.Tensor]


def gradient_changed(change: Change, real: Plant, *args: Any, **kwargs: Any) -> Any:
    """The right result, in whose backward pass the cotangent is changed before the node sees it."""
    result = real(*args, **kwargs)
    if result.requires_grad and result.grad_fn is not None:
        result.register_hook(change)
    return result


def first_of_broadcast(real: Plant, input: Any, other: Any, **kwargs: Any) -> Any:
    """The gradient of a broadcast operand is not summed: it is the first of its terms."""
    if not torch.is_tensor(other) or not other.requires_grad or not torch.is_tensor(input):
        return real(input, other, **kwargs)
    shape = broadcast_shapes(tuple(input.shape), tuple(other.shape))
    repeated = (1,) * (len(shape) - other.ndim) + tuple(other.shape)
    mask = torch.zeros(shape, dtype=torch.bool)
    mask[tuple(slice(1) if size == 1 else slice(None) for size in repeated)] = True
    expanded: Any = other.expand(shape)
    expanded.register_hook(lambda gradient: gradient * mask)
    return real(input, expanded, **kwargs)


def first_of_ties(real: Plant, input: torch.Tensor) -> Any:
    """All of the gradient goes to the first of the largest."""
    if not input.requires_grad:
        return real(input)
    seen: Any = input.view_as(input)

    def first(gradient: torch.Tensor) -> torch.Tensor:
        flat = gradient.flatten()
        kept = torch.zeros_like(flat)
        chosen = int((flat != 0).int().argmax()) if flat.numel() else 0
        kept[chosen] = flat.sum()
        return kept.view_as(gradient)

    seen.register_hook(first)
    return real(seen)


class Halved(torch.autograd.Function):
    """Hands a gradient on as it is, and half of the gradient of that."""

    @staticmethod
    def forward(ctx: Any, gradient: torch.Tensor) -> torch.Tensor:
        return gradient.clone()

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> torch.Tensor:
        return gradient / 2


class Once(Halved):
    """Hands a gradient on as it is, which cannot be differentiated: without a word of why."""

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> torch.Tensor:
        raise RuntimeError("INTERNAL ASSERT FAILED")


class ExpOfConstant(torch.autograd.Function):
    """exp, whose derivative is taken for a constant."""

    @staticmethod
    def forward(ctx: Any, input: torch.Tensor) -> torch.Tensor:
        ctx.slope = input.exp()
        return ctx.slope.clone()

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> torch.Tensor:
        return gradient * ctx.slope.conj()


def slope_taken_for_constant(real: Plant, input: torch.Tensor) -> Any:
    return ExpOfConstant.apply(input) if input.requires_grad else real(input)


def untracked(real: Plant, *args: Any, **kwargs: Any) -> Any:
    return real(*args, **kwargs).detach()


def made_a_leaf(real: Plant, *args: Any, **kwargs: Any) -> Any:
    result = real(*args, **kwargs)
    return result.detach().requires_grad_() if result.requires_grad else result


def leaf_written(real: Plant, self: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    try:
        return real(self, *args, **kwargs)
    except RuntimeError as error:
        if "leaf" not in str(error):
            raise
        with torch.no_grad():
            return real(self, *args, **kwargs)


def nothing_done(real: Plant, *args: Any, **kwargs: Any) -> Any:
    return None


def hook_ignored(real: Plant, self: torch.Tensor, hook: Any) -> Any:
    return real(self, lambda gradient: None)


def graph_kept(real: Plant, self: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    kwargs["retain_graph"] = True
    return real(self, *args[:1], **kwargs)


def summed_first(real: Plant, self: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    if not args and kwargs.get("gradient") is None and self.numel() != 1 and self.requires_grad:
        return real(self, torch.ones_like(self), **kwargs)
    return real(self, *args, **kwargs)


def not_accumulated(real: Plant, self: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    nodes: list[Any] = [self.grad_fn]
    while nodes:
        node = nodes.pop()
        if hasattr(node, "variable"):
            node.variable.grad = None
        nodes += [edge for edge, _ in getattr(node, "next_functions", ())]
    return real(self, *args, **kwargs)


# -- refusals ------------------------------------------------------------------------------------------------------


def accepted(real: Plant, input: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    try:
        return real(input, *args, **kwargs)
    except (RuntimeError, IndexError):
        return input


def refused_as(kind: type[Exception], real: Plant, *args: Any, **kwargs: Any) -> Any:
    try:
        return real(*args, **kwargs)
    except Exception as error:
        raise kind(str(error)) from None


def changed_and_refused(real: Plant, self: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    try:
        return real(self, *args, **kwargs)
    except Exception:
        self.fill_(1)
        raise


FAULTS = [
    Fault("gradient negated", "wrong sign", "sub", "gradient", partial(gradient_changed, lambda g: -g)),
    Fault("gradient halved", "a factor is lost", "div", "gradient", partial(gradient_changed, lambda g: g / 2)),
    Fault("gradient flipped", "row by row", "mm", "gradient", partial(gradient_changed, lambda g: g.flip(0))),
    Fault("gradient not summed", "over what was broadcast", "add", "gradient", first_of_broadcast),
    Fault("gradient to one of the ties", "and not shared", "max_all", "gradient", first_of_ties),
    Fault(
        "second gradient halved",
        "of a gradient that is right",
        "sub",
        "double backward",
        partial(gradient_changed, Halved.apply),
    ),
    Fault(
        "slope taken for a constant",
        "a second derivative of zero",
        "exp",
        "double backward",
        slope_taken_for_constant,
    ),
    Fault(
        "gradient cut off",
        "it requires no gradient itself",
        "mul",
        "double backward",
        partial(gradient_changed, torch.Tensor.detach),
    ),
    Fault(
        "gradient doubled with create_graph",
        "and right without",
        "mul",
        "double backward",
        partial(gradient_changed, lambda g: g * 2 if torch.is_grad_enabled() else g),
    ),
    Fault(
        "second pass fails",
        "it says nothing of a missing derivative",
        "sin",
        "double backward",
        partial(gradient_changed, Once.apply),
    ),
    Fault("requires_grad lost", "the graph ends here", "exp", "gradient", untracked),
    Fault("result is a leaf", "without a node", "mul", "gradient", made_a_leaf),
    Fault("leaf written to", "although it requires a gradient", "mul", "in place", leaf_written, IN_PLACE),
    Fault("hook ignored", "what it returns has no effect", "register_hook", "gradient", hook_ignored, through="mul"),
    Fault("retain_grad ignored", "there is no gradient", "retain_grad", "gradient", nothing_done, through="mul"),
    Fault("backward twice", "the graph is never freed", "backward", "gradient", graph_kept, through="mul"),
    Fault("backward of many", "a gradient of ones is assumed", "backward", "gradient", summed_first, through="mul"),
    Fault("gradients replaced", "they do not accumulate", "backward", "gradient", not_accumulated, through="mul"),
    Fault("wrong size accepted", "the input is returned", "view", "refusal", accepted),
    Fault("wrong dimension accepted", "the input is returned", "transpose", "refusal", accepted),
    Fault("wrong kind of error", "no IndexError", "select", "refusal", partial(refused_as, RuntimeError)),
    Fault("another kind of error", "no RuntimeError", "view", "refusal", partial(refused_as, ValueError)),
    Fault("changed, then refused", "half of the work is done", "copy_", "refusal", changed_and_refused, IN_PLACE),
]
