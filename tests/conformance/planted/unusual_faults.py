"""Faults that show for numbers that a dtype cannot hold."""

from __future__ import annotations

from typing import Any

import torch

from conformance.operation import FUNCTIONAL, Form
from tests.conformance.planted.planting import Fault, Plant


def _integral(one: Any) -> bool:
    return torch.is_tensor(one) and not one.is_floating_point() and not one.is_complex() and one.dtype != torch.bool


def held(one: Any, dtype: torch.dtype, *, wrap: bool) -> Any:
    """A number as the dtype can hold it: the nearest, or what is left where it wraps around."""
    if type(one) not in (int, float) or isinstance(one, bool) or not -1e30 < one < 1e30:
        return one
    info = torch.iinfo(dtype)
    if info.min <= one <= info.max:
        return one
    return (int(one) - info.min) % (info.max - info.min + 1) + info.min if wrap else min(max(one, info.min), info.max)


def clipped(real: Plant, *args: Any, **kwargs: Any) -> Any:
    """What an integral dtype cannot hold is its last number."""
    dtype = next((one.dtype for one in args if _integral(one)), None)
    return real(*args, **kwargs) if dtype is None else real(*(held(one, dtype, wrap=False) for one in args), **kwargs)


def wrapped(real: Plant, *args: Any, **kwargs: Any) -> Any:
    """What an integral dtype cannot hold wraps around, and nothing is refused."""
    dtype = next((one.dtype for one in args if _integral(one)), None)
    if dtype is None:
        return real(*args, **kwargs)
    settings = {name: held(one, dtype, wrap=True) for name, one in kwargs.items()}
    return real(*(held(one, dtype, wrap=True) for one in args), **settings)


FAULTS = [
    *(Fault(f"{name} of a wide number", "it is clipped", name, "agrees", clipped) for name in ("mul", "bitwise_xor")),
    *(
        Fault(f"{name} of a wide number", "it wraps around", name, "refusal", wrapped, (*FUNCTIONAL, Form.IN_PLACE))
        for name in ("new_full",)
    ),
]
