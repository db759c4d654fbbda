"""Faults in the gradient of a product, of which one factor is zero, or two are: a quotient by it says nothing there."""

from __future__ import annotations

from typing import Any

import torch

from tests.conformance.planted.planting import Fault, Plant


def _dim_of(input: torch.Tensor, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    dim = args[0] if args else kwargs.get("dim")
    return dim if type(dim) is int and input.ndim else None


def where_zeros_are(count: int, *, at_zeros: bool, times: float) -> Plant:
    """In a line with so many zeros, what the zeros get, or what the others do, is multiplied."""

    def changed(real: Plant, input: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        result = real(input, *args, **kwargs)
        if input.requires_grad and result.requires_grad and input.ndim:
            zero, dim = (input == 0).detach(), _dim_of(input, args, kwargs)
            zeros = zero.sum() if dim is None else zero.sum(dim, keepdim=True)
            wrong = (zeros == count) & (zero == at_zeros)
            input.register_hook(lambda g: torch.where(wrong, g * times, g))
        return result

    return changed


FAULTS = [
    *(
        Fault(f"{name} with one zero", "it gets nothing", name, "gradient", where_zeros_are(1, at_zeros=True, times=0))
        for name in ("cumprod", "prod", "prod_all")
    ),
    Fault("beside a zero", "twice", "cumprod", "gradient", where_zeros_are(1, at_zeros=False, times=2)),
    Fault("with two zeros", "they get nothing", "cumprod", "gradient", where_zeros_are(2, at_zeros=True, times=0)),
    Fault("without a zero", "twice", "prod", "gradient", where_zeros_are(0, at_zeros=False, times=2)),
]
