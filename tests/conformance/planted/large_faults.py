"""Faults that show only where there are many elements: in what is counted, split into blocks, or handed to threads."""

from __future__ import annotations

from typing import Any

import torch

from tests.conformance.planted.planting import IN_PLACE, OUT, Fault, Plant
from tests.conformance.planted.rare_faults import spoiled

BLOCK = 2**12


def last_off_when_many(real: Plant, *args: Any, **kwargs: Any) -> Any:
    result = real(*args, **kwargs)
    first = args[0][0] if args and isinstance(args[0], (tuple, list)) and args[0] else args[0] if args else result
    many = (first if torch.is_tensor(first) else result).numel() >= BLOCK
    return spoiled(result) if many else result


def counted_in_8_bits(real: Plant, *args: Any, **kwargs: Any) -> Any:
    result = real(*args, **kwargs)
    return result if "out" in kwargs else result % 256


FAULTS = [
    *(
        Fault(f"{name} of many", "the last element is another", name, "agrees", last_off_when_many)
        for name in (
            "clone",
            "to",
            "where",
            "masked_select",
            "index_select",
            "roll",
            "flip",
            "stack",
            "zeros",
        )
    ),
    Fault("fill_ of many", "the last element is another", "fill_", "agrees", last_off_when_many, IN_PLACE),
    Fault("exp into many", "the last element is another", "exp", "out", last_off_when_many, OUT),
    Fault("counted in 8 bits", "and none of 200 elements is more", "count_nonzero", "agrees", counted_in_8_bits),
]
