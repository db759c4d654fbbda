"""Faults of complex numbers that are large or small: what is squared, or taken an exponential of, leaves its range.

And of those that are at a branch cut, or no numbers."""

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


def cut_from_below(real: Plant, input: torch.Tensor, **kwargs: Any) -> Any:
    """The value above a branch cut on the real axis also below it, where the imaginary part is -0."""
    result = real(input, **kwargs)
    if not input.is_complex() or input.requires_grad or kwargs or not result.numel():
        return result
    return torch.where(input.imag.signbit() & (input.imag == 0), real(torch.complex(input.real, -input.imag)), result)


def number_for_nan(real: Plant, *args: Any, **kwargs: Any) -> Any:
    result = real(*args, **kwargs)
    lost = any(torch.is_tensor(one) and one.is_complex() and one.isnan().any() for one in args)
    return result.masked_fill(result.isnan(), 0) if lost and not kwargs else result


FAULTS = [
    *(
        Fault(f"{name} at a cut", "a zero has lost its sign", name, "agrees", cut_from_below)
        for name in ("sqrt", "log", "acos", "atanh")
    ),
    *(
        Fault(f"complex {name} of NaN", "is a number", name, "agrees", number_for_nan)
        for name in ("sum", "cumsum", "prod", "mul", "add", "mm")
    ),
    *(
        Fault(f"{name} by a formula", "a complex number overflows on the way, or is lost", name, "agrees", by(formula))
        for name, formula in FORMULAS.items()
    ),
]
