"""Faults in powers of integers: of zero, of one and minus one, and to negative exponents, in one dtype alone."""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle
from typing import Any

import torch

from tests.conformance.planted.planting import Fault, Plant

Pair = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def wrong_where(pair: Pair, dtype: torch.dtype) -> Plant:
    """One more than the power where base and exponent are such, of one dtype."""

    def off(real: Plant, input: Any, exponent: Any, **kwargs: Any) -> Any:
        result = real(input, exponent, **kwargs)
        if not torch.is_tensor(result) or result.dtype != dtype or result.requires_grad or kwargs:
            return result
        base, power = (one if torch.is_tensor(one) else torch.as_tensor(one) for one in (input, exponent))
        return torch.where(pair(base, power), result + 1, result)

    return off


PAIRS: dict[str, Pair] = {
    "0 to the 0": lambda base, power: (base == 0) & (power == 0),
    "0 to the -1": lambda base, power: (base == 0) & (power == -1),
    "-1 to an odd": lambda base, power: (base == -1) & (power % 2 == 1) & (power > 1),
    "-1 to an even": lambda base, power: (base == -1) & (power % 2 == 0) & (power > 0),
    "-1 to the -1": lambda base, power: (base == -1) & (power == -1),
    "-1 to the -2": lambda base, power: (base == -1) & (power < -1) & (power % 2 == 0),
    "2 to the -1": lambda base, power: (base == 2) & (power < 0),
    "1 to the -1": lambda base, power: (base == 1) & (power < 0),
    "1 to a large one": lambda base, power: (base == 1) & (power > 4),
    "-1 to a large one": lambda base, power: (base == -1) & (power > 4),
    "what wraps around": lambda base, power: (base == 3) & (power > 4),
    "the lowest to the 1": lambda base, power: (base < -100) & (power == 1),
}

DTYPES = {"int8": torch.int8, "int64": torch.int64}
FAULTS = [
    Fault(f"{name} in {dtype}", "it is one more", "pow", "agrees", wrong_where(pair, DTYPES[dtype]))
    for name, pair, dtype in zip(PAIRS, PAIRS.values(), cycle(DTYPES), strict=False)
]
