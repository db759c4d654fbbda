"""Places in sorted sequences. https://docs.pytorch.org/docs/stable/generated/torch.searchsorted.html"""

from __future__ import annotations

import numpy as np

from reference.checks import BOOL, COMPLEX, refuse_category
from reference.dtypes import INT32, INT64
from reference.errors import refuse
from reference.function import function
from reference.promotion import Number, result_type
from reference.reduction import computing_array
from reference.tensor import Tensor


def _place(sequence: np.ndarray, values: np.ndarray, *, right: bool, out_int32: bool) -> Tensor:
    """How many elements of the innermost rows are less than each value, or at most that, if ``right``."""
    if sequence.ndim == 1:
        rows = sequence
        asked = values[..., np.newaxis]
    else:
        rows, asked = sequence[..., np.newaxis, :], values[..., np.newaxis]
    before = rows <= asked if right else rows < asked
    dtype = INT32 if out_int32 else INT64
    return Tensor.of(np.asarray(before.sum(axis=-1), dtype.numpy), dtype)


@function()
def searchsorted(
    sorted_sequence: Tensor,
    input: Tensor | Number,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Tensor | None = None,
) -> Tensor:
    """Where in its sorted row each value belongs: before the elements that equal it, or after them if ``right``.

    ``sorter`` holds the indices that sort the sequence.
    https://docs.pytorch.org/docs/stable/generated/torch.searchsorted.html
    """
    if side not in (None, "left", "right"):
        refuse(f"torch.searchsorted(): side can only be 'left' or 'right' but got {side}")
    if side == "left" and right:
        refuse("torch.searchsorted(): side and right can't be set to opposites")
    right = right or side == "right"
    common = result_type([sorted_sequence, input])
    refuse_category("searchsorted", common, BOOL, COMPLEX)
    sequence = computing_array(sorted_sequence, common)
    if sorter is not None:
        if sorter.shape != sorted_sequence.shape or sorter.dtype is not INT64:
            refuse("torch.searchsorted(): sorter must be int64, of the shape of the sequence")
        sequence = np.take_along_axis(sequence, sorter.array, -1)
    if not isinstance(input, Tensor):
        if sorted_sequence.ndim != 1:
            refuse("torch.searchsorted(): boundaries tensor should be 1 dimension for a number")
        return _place(sequence, np.asarray(input), right=right, out_int32=out_int32)
    if sorted_sequence.ndim != 1 and sorted_sequence.shape[:-1] != input.shape[:-1]:
        refuse("torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions must match")
    return _place(sequence, computing_array(input, common), right=right, out_int32=out_int32)


@function()
def bucketize(input: Tensor | Number, boundaries: Tensor, *, out_int32: bool = False, right: bool = False) -> Tensor:
    """Between which boundaries each value lies, counted from zero; ``right`` says which side is closed.

    https://docs.pytorch.org/docs/stable/generated/torch.bucketize.html
    """
    if boundaries.ndim != 1:
        refuse(f"torch.bucketize(): boundaries tensor must be 1 dimension, but got dim({boundaries.ndim})")
    placed: Tensor = searchsorted.forward(boundaries, input, out_int32=out_int32, right=right)
    return placed
