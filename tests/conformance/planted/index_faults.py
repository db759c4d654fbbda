"""Faults in the indices of elements of which several are equal, so that the reference names others."""

from __future__ import annotations

from typing import Any

import torch

from tests.conformance.planted.planting import Fault, Plant


def _equal_to_the_next(values: torch.Tensor) -> torch.Tensor:
    """Where an element is the same as its neighbour along the last dimension, on either side."""
    same = (values[..., 1:] == values[..., :-1]) | (values[..., 1:].isnan() & values[..., :-1].isnan())
    none = torch.zeros_like(values[..., :1], dtype=torch.bool)
    return torch.cat((none, same), -1) | torch.cat((same, none), -1)


def first_of_equals_twice(real: Plant, input: torch.Tensor, dim: int = -1, *args: Any, **kwargs: Any) -> Any:
    """As if the place of an element were looked up by its value."""
    index = real(input, dim, *args, **kwargs)
    if not input.ndim or not input.numel():
        return index
    index, ordered = index.movedim(dim, -1), input.take_along_dim(index, dim).movedim(dim, -1)
    same = torch.zeros_like(ordered, dtype=torch.bool)
    same[..., 1:] = ordered[..., 1:] == ordered[..., :-1]
    return torch.where(same, index.roll(1, -1), index).movedim(-1, dim)


def elsewhere_among_equals(real: Plant, input: torch.Tensor, k: int, dim: int = -1, *args: Any, **kwargs: Any) -> Any:
    values, index = real(input, k, dim, *args, **kwargs)
    if not input.ndim or not values.numel():
        return values, index
    equal = _equal_to_the_next(values.movedim(dim, -1)).movedim(-1, dim)
    return values, torch.where(equal, (index + 1) % input.shape[dim], index)


def one_dropped_unless_sorted(real: Plant, input: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    values, index = real(input, *args, **kwargs)
    unsorted = args[-1] is False if len(args) > 1 else kwargs.get("sorted") is False
    return (values.roll(1).fill_(values.max().item()), index) if unsorted and values.numel() > 1 else (values, index)


def rarest_beside_several_modes(
    real: Plant, input: torch.Tensor, dim: int = -1, keepdim: bool = False, **kwargs: Any
) -> Any:
    """Where two values are as frequent, one that is less so, and its place."""
    values, index = real(input, dim, keepdim, **kwargs)
    if not input.ndim or not input.numel():
        return values, index
    row = input.movedim(dim, -1)
    times = (row.unsqueeze(-1) == row.unsqueeze(-2)).sum(-1)
    most, place = times.max(-1).values, times.argmin(-1)
    several = (times == most.unsqueeze(-1)).sum(-1) > most
    found = row.take_along_dim(place.unsqueeze(-1), -1).squeeze(-1)
    if keepdim:
        several, found, place = (one.unsqueeze(dim) for one in (several, found, place))
    return torch.where(several, found, values), torch.where(several, place, index)


FAULTS = [
    Fault("equals named twice", "the first of them is", "argsort", "indices", first_of_equals_twice),
    Fault("index of a neighbour", "of one of several equals", "topk", "indices", elsewhere_among_equals),
    Fault("all the largest", "where they need not be sorted", "topk", "indices", one_dropped_unless_sorted),
    Fault("the rarest is the mode", "beside several modes", "mode", "indices", rarest_beside_several_modes),
]
