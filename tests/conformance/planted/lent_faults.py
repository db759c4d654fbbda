"""Faults in what is handed out of a conjugate that is yet to be computed, or of a negative."""

from __future__ import annotations

from typing import Any

import torch

from tests.conformance.planted.planting import Fault, Plant


def bits_forgotten(real: Plant, input: Any, *args: Any, **kwargs: Any) -> Any:
    """The memory as it is, whatever is yet to be computed of it."""
    if not torch.is_tensor(input) or not (input.is_conj() or input.is_neg()):
        return real(input, *args, **kwargs)
    if input.is_conj():
        return real(input.conj(), *args, **kwargs)
    memory = torch.empty(0, dtype=input.dtype).set_(input.untyped_storage())
    return real(memory.as_strided(input.shape, input.stride(), input.storage_offset()), *args, **kwargs)


FAULTS = [
    *(
        Fault(f"bits forgotten by {name}", "the memory is lent", name, "late", bits_forgotten)
        for name in ("numpy", "tolist", "item")
    ),
]
