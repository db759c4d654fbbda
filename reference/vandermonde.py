"""Vandermonde matrices. https://docs.pytorch.org/docs/stable/torch.html#other-operations"""

from __future__ import annotations

from reference.creation import empty
from reference.cumulative import cumprod
from reference.dtypes import INT64
from reference.errors import refuse
from reference.inplace import copy_, fill_
from reference.promotion import promote_types
from reference.rearranging import flip
from reference.slicing import narrow, select, unsqueeze
from reference.tensor import Tensor


def vander(x: Tensor, N: int | None = None, increasing: bool = False) -> Tensor:  # noqa: N803 - torch's name for it
    """The powers of each element in a row, from ``N - 1`` down to 0, or up to it; as many as elements by default.

    Integers multiply in int64. https://docs.pytorch.org/docs/stable/generated/torch.vander.html
    """
    if x.ndim != 1:
        refuse("x must be a one-dimensional tensor.")
    count = x.shape[0] if N is None else N
    if count < 0:
        refuse("N must be non-negative.")
    powers: Tensor = empty(x.shape[0], count, dtype=promote_types(x.dtype, INT64))
    if count > 0:
        fill_(select(powers, 1, 0), 1)
    if count > 1:
        copy_(narrow(powers, 1, 1, count - 1), unsqueeze(x, 1))
        copy_(narrow(powers, 1, 1, count - 1), cumprod(narrow(powers, 1, 1, count - 1), 1))
    return powers if increasing else flip(powers, 1)
