"""Quantiles. https://docs.pytorch.org/docs/stable/generated/torch.quantile.html"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from reference import layout
from reference.dtypes import EXTENDED, FLOAT32, FLOAT64, INT64
from reference.errors import refuse
from reference.function import Function
from reference.placing import placed_along, taken_along
from reference.reduction import computing_array, sum
from reference.sorting import rows, specify
from reference.tensor import METHODS, Tensor
from reference.writing import with_out

INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")
_CLOSE = 2.0**-18


def _check(input: Tensor, q: Tensor | float, interpolation: str) -> None:
    if not input.numel:
        refuse("quantile() input tensor must be non-empty")
    if input.dtype not in (FLOAT32, FLOAT64, EXTENDED):
        refuse("quantile() input tensor must be either float or double dtype")
    if isinstance(q, Tensor):
        if q.ndim > 1:
            refuse("quantile() q must be a scalar or 1D tensor")
        if q.dtype is not input.dtype:
            refuse("quantile() q tensor must be same dtype as the input tensor")
    if interpolation not in INTERPOLATIONS:
        refuse(f"quantile() interpolation must be one of {', '.join(INTERPOLATIONS)}, but got {interpolation}")
    values = q.array if isinstance(q, Tensor) else np.asarray(q)
    if not ((values >= 0) & (values <= 1)).all():
        refuse("quantile() q values must be in the range [0, 1]")


class _Ranks:
    """Between which two elements of each sorted row the quantiles lie, and how far from the lower one.

    The arrays have the rows' shape with one place for each quantile at the end.
    """

    def __init__(self, input: Tensor, q: Tensor | float, dim: int | None, interpolation: str, ignore_nan: bool) -> None:
        array = rows(input)
        # As torch does, a number is first rounded to the dtype of the tensor.
        number = q.array if isinstance(q, Tensor) else np.asarray(q, input.dtype.numpy)
        self.axis = None if dim is None else layout.wrap_dim(dim, input.ndim)
        self.rows = array.reshape(-1) if self.axis is None else np.moveaxis(array, self.axis, -1)
        self.order = np.argsort(self.rows, axis=-1, kind="stable")
        present = np.sum(self.rows == self.rows, axis=-1, keepdims=True)
        count = np.maximum(present, 1) if ignore_nan else np.full(present.shape, self.rows.shape[-1])
        self.reach = (count - 1).astype(array.dtype)
        rank = number.reshape(-1).astype(array.dtype) * self.reach
        self.below, self.above, self.fraction = _between(rank, interpolation)
        self.lost = np.broadcast_to((present == 0) if ignore_nan else (present < self.rows.shape[-1]), rank.shape)
        # The product of q and the rank of the last is rounded, and may come out on the other side of an integer.
        step = rank * (2 if interpolation == "nearest" else 1)
        off = np.abs(step - np.rint(step))
        self.certain = (off == 0) | (off > _CLOSE * np.maximum(step, 1))

    def at(self, places: np.ndarray) -> np.ndarray:
        """The elements of the sorted rows at these ranks."""
        return np.take_along_axis(self.rows, np.take_along_axis(self.order, places, -1), -1)

    def index(self, places: np.ndarray) -> Tensor:
        """Where in the unsorted rows the elements of these ranks are."""
        return Tensor.of(np.take_along_axis(self.order, places, -1), INT64)


def _between(rank: np.ndarray, interpolation: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    below, above = np.floor(rank), np.ceil(rank)
    if interpolation == "lower":
        above = below
    elif interpolation == "higher":
        below = above
    elif interpolation == "nearest":
        below = above = np.rint(rank)
    fraction = np.full_like(rank, 0.5) if interpolation == "midpoint" else rank - below
    return below.astype(np.int64), above.astype(np.int64), np.where(below == above, 0, fraction)


def _quantile(
    input: Tensor,
    q: Tensor | float,
    dim: int | None,
    keepdim: bool,
    interpolation: str,
    out: Tensor | None,
    *,
    ignore_nan: bool,
) -> Tensor:
    _check(input, q, interpolation)
    ranks = _Ranks(input, q, dim, interpolation, ignore_nan)
    low, high = ranks.at(ranks.below), ranks.at(ranks.above)
    with np.errstate(all="ignore"):
        values = np.where(ranks.below == ranks.above, low, low + (high - low) * ranks.fraction)
    values = np.where(ranks.lost, np.nan, values)
    # Between a number and an infinity, any formula for the same line gives inf or NaN.
    between = (ranks.below != ranks.above) & ~np.isfinite(low + high)
    certain = (ranks.certain & ~between) | ranks.lost
    several = isinstance(q, Tensor) and q.ndim == 1
    arranged = [_arranged(one, input, ranks.axis, keepdim, several) for one in (values, certain)]
    shape = arranged[0].shape
    strides = layout.contiguous_strides(shape)
    if several and out is None:  # the quantiles lie innermost
        inner = layout.contiguous_strides(shape[1:])
        strides = (1, *(stride * max(shape[0], 1) for stride in inner))
    made = specify(Tensor.of(arranged[0], input.dtype, strides), arranged[1])
    return made if out is None else with_out(made, out, input, q)


def _arranged(values: np.ndarray, input: Tensor, axis: int | None, keepdim: bool, several: bool) -> np.ndarray:
    """Rows with their quantiles last, as the quantiles of each with the rows after them."""
    values = np.moveaxis(values, -1, 0)
    if keepdim:
        kept = [1 if axis is None or dim == axis else size for dim, size in enumerate(input.shape)]
        values = values.reshape(len(values), *kept)
    elif not input.ndim:
        values = values.reshape(len(values))
    return values if several else values[0]


class _Quantile(Function):
    """Only along a line does the result move with ``q``: with any other interpolation it is not tracked.

    Torch saves what it sorted and ranks that it computed: what it was given may be written to afterwards.
    """

    def _record(self, result: Any, arguments: Mapping[str, Any]) -> None:
        q = arguments["q"]
        if isinstance(q, Tensor):
            q = METHODS["clone" if arguments["interpolation"] == "linear" else "detach"](q)
        super()._record(result, {**arguments, "input": METHODS["clone"](arguments["input"]), "q": q})


def _quantile_function(forward: Callable[..., Tensor]) -> _Quantile:
    return _Quantile(forward, "SqueezeBackward4")


@_quantile_function
def quantile(
    input: Tensor,
    q: Tensor | float,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
    out: Tensor | None = None,
) -> Tensor:
    """The value below which lies the part ``q`` of each row, or of all; of several ``q`` first those of the first.

    https://docs.pytorch.org/docs/stable/generated/torch.quantile.html
    """
    return _quantile(input, q, dim, keepdim, interpolation, out, ignore_nan=False)


@_quantile_function
def nanquantile(
    input: Tensor,
    q: Tensor | float,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
    out: Tensor | None = None,
) -> Tensor:
    """``quantile`` of the elements that are not NaN.

    https://docs.pytorch.org/docs/stable/generated/torch.nanquantile.html
    """
    return _quantile(input, q, dim, keepdim, interpolation, out, ignore_nan=True)


def _rows_of(g: Tensor, q: Any, input: Tensor, ranks: _Ranks) -> Tensor:
    """A gradient of the result in the shape of the rows, the quantiles last."""
    several = isinstance(q, Tensor) and q.ndim == 1
    count = q.shape[0] if several else 1
    flat = METHODS["reshape"](g, (count, *ranks.rows.shape[:-1]))
    moved: Tensor = METHODS["movedim"](flat, 0, -1)
    return moved


def _input_vjp(g: Tensor, input: Tensor, q: Any, dim: int | None, interpolation: str, *, ignore_nan: bool) -> Tensor:
    ranks = _Ranks(input, q, dim, interpolation, ignore_nan)
    rows_g = _rows_of(g, q, input, ranks)
    fraction = Tensor.of(ranks.fraction, input.dtype)
    lower = placed_along(rows_g * (1 - fraction), ranks.index(ranks.below), ranks.rows.shape, -1)
    upper = placed_along(rows_g * fraction, ranks.index(ranks.above), ranks.rows.shape, -1)
    total = lower + upper
    if ranks.axis is not None and input.ndim:
        total = METHODS["movedim"](total, -1, ranks.axis)
    gradient: Tensor = METHODS["reshape"](total, input.shape)
    return gradient


def _q_vjp(g: Tensor, input: Tensor, q: Tensor, dim: int | None, interpolation: str, *, ignore_nan: bool) -> Tensor:
    """Along the line between two elements the result moves by their difference for each rank."""
    ranks = _Ranks(input, q, dim, interpolation, ignore_nan)
    array = Tensor.of(np.ascontiguousarray(computing_array(input, input.dtype)), input.dtype)
    moved = array.reshape(-1) if ranks.axis is None or not input.ndim else METHODS["movedim"](array, ranks.axis, -1)
    rise = taken_along(moved, ranks.index(ranks.above), -1) - taken_along(moved, ranks.index(ranks.below), -1)
    each = _rows_of(g, q, input, ranks) * rise * Tensor.of(np.broadcast_to(ranks.reach, rise.shape).copy(), input.dtype)
    gradient: Tensor = METHODS["reshape"](sum(each, tuple(range(each.ndim - 1))) if each.ndim > 1 else each, q.shape)
    return gradient


def _declare_vjps(called: Function, *, ignore_nan: bool) -> None:
    called.vjp(
        "input",
        lambda g, input, q, dim, interpolation: _input_vjp(g, input, q, dim, interpolation, ignore_nan=ignore_nan),
    )
    called.vjp(
        "q", lambda g, input, q, dim, interpolation: _q_vjp(g, input, q, dim, interpolation, ignore_nan=ignore_nan)
    )


_declare_vjps(quantile, ignore_nan=False)
_declare_vjps(nanquantile, ignore_nan=True)
