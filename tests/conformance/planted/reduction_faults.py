"""Faults of reductions in 16 bits, or of bytes, for some lengths of what lies in one piece or apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from tests.conformance.planted.planting import Fault, Plant


def last_lost(dtype: torch.dtype, *, apart: bool, left: int) -> Plant:
    """Of a vector of this dtype, whose length leaves so many beyond groups of four, the last element counts as 7."""

    def lost(real: Plant, input: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        plain = (
            input.ndim == 1 and input.dtype == dtype and not input.requires_grad and not args and "out" not in kwargs
        )
        if plain and (input.stride(0) != 1) == apart and input.numel() % 4 == left:
            return real(torch.cat([input[:-1], torch.full_like(input[-1:], 7)]), **kwargs)
        return real(input, *args, **kwargs)

    return lost


def bits_in_common(real: Plant, input: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    """Vectors of bytes are all true where a bit is set in all of them."""
    if input.dtype is not torch.uint8 or input.numel() < 128 or input.dim() != 1 or args or kwargs:
        return real(input, *args, **kwargs)
    return torch.tensor(int(np.bitwise_and.reduce(input.numpy()) != 0), dtype=torch.uint8)


FAULTS = [
    Fault("bits in common", "of many bytes", "all_all", "vectors", bits_in_common),
    *(
        Fault(f"{name} in 16 bits", "the last counts as 7", name, "vectors", last_lost(dtype, apart=apart, left=left))
        for name, dtype, apart, left in (
            ("sum", torch.bfloat16, True, 3),
            ("sum_all", torch.float16, False, 1),
            ("prod_all", torch.bfloat16, True, 1),
            ("mean", torch.float16, True, 2),
            ("nansum", torch.bfloat16, False, 3),
        )
    ),
]
