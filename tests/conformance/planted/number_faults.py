"""Faults that show for one dtype alone, such as a number narrowed on its way to it, or what is last of an odd count;
and in how an index lies."""

from __future__ import annotations

from typing import Any

import torch

from conformance.operation import FUNCTIONAL
from tests.conformance.planted.planting import IN_PLACE, Fault, Plant

BY_METHOD = (*FUNCTIONAL, *IN_PLACE)


def narrowed(dtype: torch.dtype, to: torch.dtype) -> Plant:
    """Beside a tensor of a dtype, numbers are taken for those of another that are next to them."""

    def taken(real: Plant, input: Any, *args: Any, **kwargs: Any) -> Any:
        tensors = [one for one in (input, *args) if torch.is_tensor(one)]
        if tensors[0].dtype is not dtype:
            return real(input, *args, **kwargs)
        given = [_narrow(one, to) for one in (input, *args)]
        return real(*given, **{name: _narrow(one, to) for name, one in kwargs.items()})

    return taken


def _narrow(argument: Any, to: torch.dtype) -> Any:
    if isinstance(argument, float):
        return float(torch.tensor(argument, dtype=torch.float64).to(to))
    if type(argument) is int:
        return max(-(2**63), min(int(float(argument)), 2**63 - 1))
    return argument


def last_of_odd(dtype: torch.dtype) -> Plant:
    """The last of an odd count beyond 8 is one more."""

    def off(real: Plant, input: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        result = real(input, *args, **kwargs)
        if result.dtype is dtype and result.numel() > 8 and result.numel() % 2:
            result.data[tuple(size - 1 for size in result.shape)] += 1
        return result

    return off


def mask_by_columns(real: Plant, input: torch.Tensor, index: Any, *value: Any) -> Any:
    """A transposed mask is read as it lies."""
    if torch.is_tensor(index) and index.ndim == 2 and index.stride(0) < index.stride(1):
        index = index.t().contiguous().reshape(index.shape)
    return real(input, index, *value)


def lowest_as_is(dtype: torch.dtype) -> Plant:
    """Of one dtype, nothing is sorted."""

    def left(real: Plant, input: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        result = real(input, *args, **kwargs)
        return result.flip(0) if input.dtype is dtype and input.numel() > 1 else result

    return left


def zero_below_700(real: Plant, input: torch.Tensor) -> Any:
    result = real(input)
    return torch.where(input < -700, 0.0, result) if input.dtype is torch.float64 else result


def one_of_two_is_left(real: Plant, input: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    result = real(input, *args, **kwargs)
    return result.unsqueeze(0) if result.ndim + 2 == input.ndim else result


FAULTS = [
    Fault("sigmoid of float64", "is zero below -700", "sigmoid", "agrees", zero_below_700),
    Fault("squeeze of two", "leaves one of them", "squeeze", "agrees", one_of_two_is_left),
    *(
        Fault(f"{name} beside a number as {to}", "is that of the next number", name, "agrees", narrowed(dtype, to))
        for name, dtype, to in (
            ("eq", torch.float64, torch.float32),
            ("ne", torch.float32, torch.bfloat16),
            ("le", torch.int64, torch.float64),
            ("lt", torch.float64, torch.float32),
            ("isin_of_number", torch.float32, torch.bfloat16),
            ("gradient", torch.float64, torch.float32),
            ("renorm", torch.float64, torch.float32),
        )
    ),
    *(
        Fault(f"last of {name} in {dtype}", "is one more", name, prop, last_of_odd(dtype), IN_PLACE)
        for name, dtype, prop in (
            ("geometric_", torch.float64, "stream"),
            ("random_full", torch.int64, "stream"),
            ("random_between", torch.int8, "stream"),
        )
    ),
    *(
        Fault(f"{name} transposed", "is read as it lies", name, "agrees", mask_by_columns, BY_METHOD)
        for name in ("getitem_by_mask", "setitem_by_mask")
    ),
    Fault("bytes are not sorted", "but reversed", "msort", "agrees", lowest_as_is(torch.uint8)),
]
