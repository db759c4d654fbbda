"""Faults at a tie: where an element is equal to a bound, to an edge, or to the other operand."""

from __future__ import annotations

from typing import Any

import torch

from tests.conformance.planted.planting import Fault, Plant


def quarter_at_a_tie(real: Plant, *args: Any, **kwargs: Any) -> Any:
    """Where the first operand is equal to another, the gradients are a quarter of what they are."""
    result = real(*args, **kwargs)
    given = [one for one in (*args, *kwargs.values()) if one is not None]
    if result.requires_grad:
        first, *others = (one.detach() if torch.is_tensor(one) else one for one in given)
        ties = [torch.broadcast_to(torch.as_tensor(first == other), result.shape) for other in others]
        result.register_hook(lambda g: torch.where(torch.stack(ties).any(0), g / 4, g) if ties else g)
    return result


def other_side(real: Plant, *args: Any, right: bool = False, side: Any = None, **kwargs: Any) -> Any:
    """What is equal to a boundary stands on its other side."""
    right = right if side is None else side == "right"
    return real(*args, right=not right, **kwargs)


def strictly_within(real: Plant, input: torch.Tensor, other: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    result = real(input, other, *args, **kwargs)
    if not input.is_floating_point():
        return result
    tolerance = kwargs.get("atol", 1e-8) + kwargs.get("rtol", 1e-5) * other.abs()
    return result & ((input == other) | input.isnan() | ((input - other).abs() < tolerance))


FAULTS = [
    *(
        Fault(f"{name} at a tie", "the gradients are a quarter", name, "gradient", quarter_at_a_tie)
        for name in ("clamp", "clamp_min", "clamp_max", "clamp_by_tensors", "maximum", "minimum", "fmax", "fmin")
    ),
    *(
        Fault(f"{name} of a boundary", "it is on its other side", name, "agrees", other_side)
        for name in ("bucketize", "searchsorted")
    ),
    Fault("isclose at the tolerance", "it is not within", "isclose", "agrees", strictly_within),
]
