"""Faults in what a random call takes from the generator, and leaves, at lengths next to those made at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from conformance.operation import FUNCTIONAL, Form
from tests.conformance.planted.planting import IN_PLACE, Fault, Plant


def one_more_where(is_such: Callable[[int], bool]) -> Plant:
    """A number more is taken where there are so many elements; those given are right."""

    def taken(real: Plant, *args: Any, **kwargs: Any) -> Any:
        result = real(*args, **kwargs)
        if is_such(result.numel()):
            torch.rand(1)
        return result

    return taken


def last_repeated(real: Plant, *args: Any, **kwargs: Any) -> Any:
    """Of a length of 16 and one, the last element is the one before it."""
    result = real(*args, **kwargs)
    if result.shape == (17,) and not result.requires_grad and result.is_contiguous():
        result[-1] = result[-2]
    return result


CALLS: tuple[tuple[str, tuple[Form, ...]], ...] = (("randn", FUNCTIONAL), ("normal_", IN_PLACE))
FAULTS = [
    *(
        Fault(f"{name} beyond 16", "takes one more", name, "stream", one_more_where({17, 33}.__contains__), forms)
        for name, forms in CALLS
    ),
    Fault("the last of 17", "is the one before", "randn", "stream", last_repeated),
]
