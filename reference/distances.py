"""Distances between rows, and powers of the elements of a vector.

https://docs.pytorch.org/docs/stable/torch.html#other-operations
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from reference.broadcasting import broadcast_shapes
from reference.dtypes import EXTENDED, FLOAT32, FLOAT64
from reference.errors import refuse, refuse_dtype
from reference.function import function
from reference.norms import norm_over, norm_vjp
from reference.reduction import accumulating, computing_array, sum
from reference.slicing import unsqueeze
from reference.tensor import Tensor

_MANY_ROWS = 25


def _node(arguments: Mapping[str, Any]) -> str:
    """Of many rows the Euclidean distance is made of a product of matrices, and ends in a view."""
    shapes = (*arguments["x1"].shape, *arguments["x2"].shape)
    most = max(arguments[name].shape[-2] for name in ("x1", "x2"))
    directly = most <= _MANY_ROWS or 0 in shapes or arguments["compute_mode"].startswith("donot")
    return "CdistBackward0" if directly or arguments["p"] != 2 else "ViewBackward0"


@function(_node)
def cdist(x1: Tensor, x2: Tensor, p: float = 2.0, compute_mode: str = "use_mm_for_euclid_dist_if_necessary") -> Tensor:
    """The p-norm of each row of ``x1`` less each row of ``x2``; the dimensions before are broadcast.

    Only float32 and float64 are computed. https://docs.pytorch.org/docs/stable/generated/torch.cdist.html
    """
    for name, given in (("X1", x1), ("X2", x2)):
        if not given.dtype.is_floating_point:
            refuse(f"cdist only supports floating-point dtypes, {name} got: {given.dtype!r}")
        if given.ndim < 2:
            refuse(f"cdist only supports at least 2D tensors, {name} got: {given.ndim}D")
    if x1.shape[-1] != x2.shape[-1]:
        refuse(f"X1 and X2 must have the same number of columns. X1: {x1.shape[-1]} X2: {x2.shape[-1]}")
    if p < 0:
        refuse("cdist only supports non-negative p values")
    if x1.dtype not in (FLOAT32, FLOAT64, EXTENDED):
        refuse_dtype("cdist", x1.dtype)
    batch = broadcast_shapes(x1.shape[:-2], x2.shape[:-2])
    rows, others = (computing_array(given, x1.dtype) for given in (x1, x2))
    with np.errstate(all="ignore"):
        apart = np.abs(rows[..., :, None, :] - others[..., None, :, :])
        if math.isinf(p) and not x1.shape[-1]:
            return Tensor.of(np.zeros((*batch, x1.shape[-2], x2.shape[-2])), x1.dtype)
        return Tensor.of(norm_over(apart, float(p), (apart.ndim - 1,))[..., 0], x1.dtype)


def _between(g: Tensor, x1: Tensor, x2: Tensor, result: Tensor, p: float) -> Tensor:
    """The gradient of each difference of rows."""
    return norm_vjp(g, unsqueeze(x1, -2) - unsqueeze(x2, -3), result, p, -1)


cdist.vjp("x1", lambda g, x1, x2, result, p: sum(_between(g, x1, x2, result, p), -2))
cdist.vjp("x2", lambda g, x1, x2, result, p: -sum(_between(g, x1, x2, result, p), -3))


@function()
def vander(x: Tensor, N: int | None = None, increasing: bool = False) -> Tensor:  # noqa: N803 - torch calls it so
    """The powers of each element, in columns from the highest down unless ``increasing``; integers become int64.

    https://docs.pytorch.org/docs/stable/generated/torch.vander.html
    """
    if x.ndim != 1:
        refuse("x must be a one-dimensional tensor.")
    if N is not None and N < 0:
        refuse("N must be non-negative.")
    dtype = accumulating(x, None)
    powers = np.repeat(computing_array(x, dtype)[:, None], x.numel if N is None else N, axis=1)
    powers[:, :1] = 1
    with np.errstate(all="ignore"):
        columns = np.multiply.accumulate(powers, axis=1)
    return Tensor.of(columns if increasing else columns[:, ::-1], dtype)
