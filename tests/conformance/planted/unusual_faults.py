"""Faults that show for numbers that a dtype cannot hold, where a sum has a term that is not finite, and beside
one that is NaN."""

from __future__ import annotations

from typing import Any

import torch

from tests.conformance.planted.planting import Fault, Plant


def _integral(one: Any) -> bool:
    return torch.is_tensor(one) and not one.is_floating_point() and not one.is_complex() and one.dtype != torch.bool


def nearest(one: Any, dtype: torch.dtype) -> Any:
    """A number as the dtype can hold it."""
    if type(one) not in (int, float) or isinstance(one, bool) or not -1e30 < one < 1e30:
        return one
    info = torch.iinfo(dtype)
    return one if info.min <= one <= info.max else min(max(one, info.min), info.max)


def clipped(real: Plant, *args: Any, **kwargs: Any) -> Any:
    """What an integral dtype cannot hold is its last number."""
    dtype = next((one.dtype for one in args if _integral(one)), None)
    return real(*args, **kwargs) if dtype is None else real(*(nearest(one, dtype) for one in args), **kwargs)


def _numbers(one: Any, **instead: float) -> Any:
    """A tensor, or a list of them, without what is not finite."""
    if isinstance(one, (list, tuple)):
        return [_numbers(each, **instead) for each in one]
    floats = torch.is_tensor(one) and one.is_floating_point() and not one.requires_grad
    return one.nan_to_num(**instead) if floats else one


def nan_as_zero(real: Plant, *args: Any, **kwargs: Any) -> Any:
    """What is NaN is passed over, in every tensor."""
    instead = {"nan": 0.0, "posinf": torch.inf, "neginf": -torch.inf}
    return real(*(_numbers(one, **instead) for one in args), **kwargs)


def infinity_as_the_largest(real: Plant, *args: Any, **kwargs: Any) -> Any:
    return real(*(_numbers(one, nan=torch.nan) for one in args), **kwargs)


def nan_in_every_gradient(real: Plant, *args: Any, **kwargs: Any) -> Any:
    """Where an element is NaN, the gradients of all are."""
    result = real(*args, **kwargs)
    tensors = [one for one in args if torch.is_tensor(one) and one.is_floating_point()]
    if result.requires_grad and tensors:
        result.register_hook(lambda g: g + sum(0 * one.detach().sum() for one in tensors).to(g.dtype))
    return result


FAULTS = [
    *(Fault(f"{name} of a wide number", "it is clipped", name, "agrees", clipped) for name in ("mul", "bitwise_xor")),
    *(
        Fault(f"NaN in {name}", "it counts as zero", name, "agrees", nan_as_zero)
        for name in ("einsum", "einsum_by_sublists", "multi_dot", "chain_matmul", "addr", "cov", "conv2d")
    ),
    *(
        Fault(f"infinity in {name}", "it is the largest number", name, "agrees", infinity_as_the_largest)
        for name in ("conv2d_grouped", "cross_entropy")
    ),
    *(
        Fault(f"NaN beside the gradient of {name}", "it spreads", name, "beside nan", nan_in_every_gradient)
        for name in ("exp", "mul", "cumsum", "amax", "softmax")
    ),
]
