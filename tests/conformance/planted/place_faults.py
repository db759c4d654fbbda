"""Faults in where the dimensions of an index stand in a result: first if the tensors lie apart, else in their place."""

from __future__ import annotations

from typing import Any

import torch

from tests.conformance.planted.planting import Fault, Plant


def _places(index: Any) -> list[int]:
    """Where index tensors and lists stand among the items, if there are no dots and no masks."""
    items = index if isinstance(index, tuple) else (index,)
    is_index = [isinstance(one, list) or (torch.is_tensor(one) and one.dtype != torch.bool) for one in items]
    plain = all(one is None or isinstance(one, slice) or known for one, known in zip(items, is_index, strict=True))
    return [place for place, known in enumerate(is_index) if known] if plain else []


def _ndim(index: Any) -> int:
    """How many dimensions the indices have together."""
    items = index if isinstance(index, tuple) else (index,)
    return max(
        one.ndim if torch.is_tensor(one) else 1 for one in items if isinstance(one, list) or torch.is_tensor(one)
    )


def _moved(result: torch.Tensor, count: int, source: int, target: int) -> torch.Tensor:
    return result.movedim(tuple(range(source, source + count)), tuple(range(target, target + count))).contiguous()


def stays_when_apart(between: tuple[type, ...]) -> Plant:
    """The dimensions of indices that lie apart, with such items between them, stay where the first stands."""

    def placed(real: Plant, input: torch.Tensor, index: Any) -> Any:
        result, places = real(input, index), _places(index)
        if len(places) < 2 or not places[0] or result.requires_grad:
            return result
        gaps = index[places[0] : places[-1] + 1]
        others = [one for one in gaps if one is None or isinstance(one, slice)]
        if not others or not all(isinstance(one, between) for one in others):
            return result
        return _moved(result, _ndim(index), 0, places[0])

    return placed


def first_when_together(real: Plant, input: torch.Tensor, index: Any) -> Any:
    """Those of indices next to each other, behind a slice, come first."""
    result, places = real(input, index), _places(index)
    together = len(places) > 1 and places == list(range(places[0], places[-1] + 1))
    if not together or not places[0] or result.requires_grad:
        return result
    return _moved(result, _ndim(index), places[0], 0)


def last_first(real: Plant, input: torch.Tensor, index: Any) -> Any:
    """Indices behind a slice alone come first."""
    result, places = real(input, index), _places(index)
    if len(places) != 1 or not places[0] or result.requires_grad:
        return result
    return _moved(result, _ndim(index), places[0], 0)


def written_in_place(real: Plant, input: torch.Tensor, index: Any, value: Any) -> Any:
    """What is written where indices lie apart is laid out as if they stood in the place of the first."""
    places = _places(index)
    if len(places) < 2 or not places[0] or not torch.is_tensor(value) or value.requires_grad or input.requires_grad:
        return real(input, index, value)
    shape = input[index].shape
    together = len(places) == places[-1] + 1 - places[0]
    if together or value.ndim != len(shape) or value.shape[0] != shape[0]:
        return real(input, index, value)
    moved = value.expand(shape).movedim(0, 1)
    return real(input, index, moved.reshape(shape))


FAULTS = [
    Fault("apart by a slice", "in the place of the first", "getitem_of_places", "agrees", stays_when_apart((slice,))),
    Fault("apart by None", "in the place of the first", "getitem_of_places", "agrees", stays_when_apart((type(None),))),
    Fault("next to each other", "they come first", "getitem_of_places", "agrees", first_when_together),
    Fault("behind a slice", "they come first", "getitem_of_places", "agrees", last_first),
    Fault("written apart", "as if in the place of the first", "setitem_of_places", "agrees", written_in_place),
]
