"""Faults of complex numbers that are large or small: what is squared, or taken an exponential of, leaves its range."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from tests.conformance.planted.planting import Fault, Plant

Formula = Callable[..., torch.Tensor]


def by(formula: Formula) -> Plant:
    """Complex numbers by a formula; of what nothing has to be differentiated, as its steps are no function's own."""

    def computed(real: Plant, *args: Any, **kwargs: Any) -> Any:
        plain = all(torch.is_tensor(one) and one.is_complex() and not one.requires_grad for one in args)
        return formula(*args).reshape(real(*args).shape) if plain and not kwargs else real(*args, **kwargs)

    return computed


def squared(z: torch.Tensor) -> torch.Tensor:
    return z.real * z.real + z.imag * z.imag


def by_exponentials(z: torch.Tensor) -> torch.Tensor:
    double = torch.exp(2 * z)
    return (double - 1) / (double + 1)


FORMULAS: dict[str, Formula] = {
    "abs": lambda z: squared(z).sqrt(),
    "log": lambda z: torch.complex(squared(z).log() / 2, z.angle()),
    "reciprocal": lambda z: z.conj() / squared(z),
    "div": lambda z, w: z * w.conj() / squared(w),
    "sgn": lambda z: torch.where(z == 0, 0, z / squared(z).sqrt()).to(z.dtype),
    "sqrt": lambda z: torch.polar(squared(z).sqrt().sqrt(), z.angle() / 2),
    "tanh": by_exponentials,
    "cosh": lambda z: (torch.exp(z) + 1 / torch.exp(z)) / 2,
    "expm1": lambda z: torch.exp(z) - 1,
    "log1p": lambda z: torch.log(1 + z),
}

FAULTS = [
    Fault(f"{name} by a formula", "a complex number overflows on the way, or is lost", name, "agrees", by(formula))
    for name, formula in FORMULAS.items()
]
