"""Elements written, added or reduced to the places along a dimension that an index names: scatter and its relatives.

https://docs.pytorch.org/docs/stable/generated/torch.Tensor.scatter_.html. Every function here makes a new tensor, which
the in-place form writes back. Where an index names a place twice, ``scatter`` may write either.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from reference import layout
from reference.arithmetic import conjugate
from reference.autograd.mode import is_grad_enabled
from reference.dtypes import BOOL
from reference.errors import refuse
from reference.function import any_requires_grad, function
from reference.gathering import along, check_index_dtype, check_range, check_reach, gather
from reference.layout import Shape
from reference.promotion import Number
from reference.reducing_places import SUM, Reduction, check_reduction, counted, reduce_at
from reference.scalars import cast_element, leave_open_unless
from reference.selection import where
from reference.tensor import Tensor

REDUCTIONS = {"add": "sum", "multiply": "prod"}
"""The names that ``scatter`` has for them, besides those of ``scatter_reduce``."""


def places_along(shape: Shape, dim: int, index: Tensor) -> np.ndarray:
    """The row-major positions in a tensor of that shape at which the elements of ``index`` point."""
    positions = np.arange(int(np.prod(shape, dtype=np.int64))).reshape(shape)
    return along(positions, dim, index.array).ravel()


def _checked(name: str, input: Tensor, dim: int, index: Tensor, src: Tensor | None) -> int:
    """``dim``, counted from the front; refuses an index that does not fit."""
    dim = layout.wrap_dim(dim, input.ndim)
    if src is not None and src.dtype is not input.dtype:
        refuse("scatter(): Expected self.dtype to be equal to src.dtype")
    if not index.numel:
        return dim
    check_index_dtype("scatter", index)
    check_reach(name, index.shape, input.shape, dim)
    if src is not None:
        check_reach(name, index.shape, src.shape, None)
    check_range(index.array, input.shape[dim] if input.ndim else 1, dim, "RuntimeError")
    return dim


def _under(index: Tensor, src: Tensor) -> np.ndarray:
    """The elements of ``src`` at the coordinates that ``index`` has, in one row."""
    if not index.numel:
        return np.empty(0, src.dtype.numpy)
    if not src.ndim or not index.ndim:
        return src.array.reshape(-1)[: index.numel]
    return src.array[tuple(slice(size) for size in index.shape)].ravel()


def _written(input: Tensor, dim: int, index: Tensor, values: np.ndarray, reduction: Reduction | None) -> Tensor:
    """A copy of ``input`` with ``values`` written to the places that ``index`` names, or reduced with what is there."""
    shape = input.shape
    places = places_along(shape, dim, index) if index.numel else np.empty(0, np.int64)
    if reduction is not None:
        made = Tensor.of(reduce_at(input.array.ravel(), places, values, reduction).reshape(shape), input.dtype)
        known = isinstance(input.specified, bool) or not index.numel
        made.specified = input.specified if known else False
        return made
    flat = input.array.ravel().copy()
    flat[places] = values
    made = Tensor.of(flat.reshape(shape), input.dtype)
    made.specified = overwritten(input, places, values, flat)
    return made


def overwritten(input: Tensor, places: np.ndarray, values: np.ndarray, flat: np.ndarray) -> bool | np.ndarray:
    """Where the outcome is specified: not where two different values were written to one place."""
    flags = np.broadcast_to(np.asarray(input.specified), input.shape).ravel().copy()
    flags[places] = True
    lost = differ(flat[places], values)
    flags[places[np.broadcast_to(lost, places.shape)]] = False
    return True if flags.all() else flags.reshape(input.shape)


def differ(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Which elements are two values: zeros of either sign are, one NaN and another are not.

    >>> differ(np.array([0.0, 1.0, np.nan, 1.0]), np.array([-0.0, 1.0, np.nan, 2.0]))
    array([ True, False, False,  True])
    """
    if some.dtype.kind == "c":
        return differ(some.real, others.real) | differ(some.imag, others.imag)
    unlike = (some != others) & ((some == some) | (others == others))
    if some.dtype.kind not in "biu":
        unlike |= (some == 0) & (np.signbit(some) != np.signbit(others))
    return np.asarray(unlike)


# -- scatter --------------------------------------------------------------------------------------------------------


def _node(arguments: Mapping[str, Any]) -> str:
    if arguments["reduce"] is not None:
        return "NotImplemented"
    return "ScatterBackward0" if isinstance(arguments["src"], Tensor) else "ScatterBackward1"


@function(_node)
def scatter(input: Tensor, dim: int, index: Tensor, src: Tensor | Number, *, reduce: str | None = None) -> Tensor:
    """``out[index[i][j]][j] = src[i][j]`` for ``dim`` 0, and likewise for any other; ``src`` may be a number.

    ``reduce``, "add" or "multiply", combines with what is there.
    https://docs.pytorch.org/docs/stable/generated/torch.scatter.html
    """
    tensor = src if isinstance(src, Tensor) else None
    dim = _checked("scatter", input, dim, index, tensor)
    if reduce is not None and reduce not in REDUCTIONS:
        refuse("reduce argument must be either add or multiply.")
    if isinstance(src, Tensor):
        values = _under(index, src)
    else:
        leave_open_unless(index.numel, src, input.dtype)
        values = np.broadcast_to(Tensor.of(cast_element(src, input.dtype), input.dtype).array, (index.numel,))
    return _written(input, dim, index, values, Reduction(REDUCTIONS[reduce]) if reduce else None)


def _without(g: Tensor, dim: int, index: Tensor, reduce: str | None) -> Tensor:
    if reduce is not None:
        refuse("derivative for aten::scatter is not implemented")
    kept: Tensor = scatter(g, dim, index, 0)
    return kept


def _from_places(g: Tensor, dim: int, index: Tensor, reduce: str | None) -> Tensor:
    if reduce is not None:
        refuse("derivative for aten::scatter is not implemented")
    chosen: Tensor = gather(g, dim, index)
    return chosen


scatter.reads_apart = ("index", "src")
scatter.vjp("input", _without)
scatter.vjp("src", _from_places)


@function("ScatterAddBackward0")
def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """``out[index[i][j]][j] += src[i][j]`` for ``dim`` 0, and likewise for any other.

    https://docs.pytorch.org/docs/stable/generated/torch.scatter_add.html
    """
    dim = _checked("scatter_add", input, dim, index, src)
    return _written(input, dim, index, _under(index, src), SUM)


scatter_add.reads_apart = ("index", "src")
scatter_add.vjp("input", lambda g: g)
scatter_add.vjp("src", lambda g, dim, index: gather(g, dim, index))


# -- scatter_reduce -------------------------------------------------------------------------------------------------

ALL_REDUCTIONS = ("sum", "prod", "mean", "amax", "amin")


@function("ScatterReduceBackward0")
def scatter_reduce(
    input: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """All elements of ``src`` that ``index`` sends to a place, and what is there if ``include_self``, reduced to one.

    ``reduce`` is sum, prod, mean, amax or amin. https://docs.pytorch.org/docs/stable/generated/torch.scatter_reduce.html
    """
    reduction = Reduction(reduce, include_self)
    check_reduction("scatter_reduce", reduction, input.dtype, ALL_REDUCTIONS)
    refuse_complex_gradient("scatter_reduce", input, src)
    dim = _checked("scatter_reduce", input, dim, index, src)
    return _written(input, dim, index, _under(index, src), reduction)


def refuse_complex_gradient(name: str, *tensors: Tensor) -> None:
    """Torch has no derivative of some functions of complex numbers."""
    if is_grad_enabled() and tensors[0].dtype.is_complex and any_requires_grad(tensors):
        refuse(f"{name} does not support automatic differentiation for outputs with complex dtype.")


def reduced_input_vjp(
    g: Tensor, input: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, include_self: bool, result: Tensor
) -> Tensor:
    """The gradient of what was there before."""
    if not include_self:
        kept: Tensor = scatter(g, dim, index, 0)
        return kept
    if reduce == "prod":
        others: Tensor = scatter_reduce(_like(input, np.ones(input.shape)), dim, index, src, "prod")
        return g * conjugate(others)
    if reduce in ("amax", "amin"):
        chosen: Tensor = where(input == result, g / _sharing(input, dim, index, src, include_self, result), 0)
        return chosen
    return g / _counts(input, dim, index) if reduce == "mean" else g


def reduced_src_vjp(
    g: Tensor, input: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, include_self: bool, result: Tensor
) -> Tensor:
    """The gradient of what was sent; the largest and the smallest share it with their equals."""
    if reduce == "prod":
        return gather(g, dim, index) * conjugate(_other_factors(input, dim, index, src, include_self))
    if reduce in ("amax", "amin"):
        share = gather(g / _sharing(input, dim, index, src, include_self, result), dim, index)
        chosen: Tensor = where(src == gather(result, dim, index), share, 0)
        return chosen
    if reduce == "mean":
        g = g / _counts(input, dim, index, include_self)
    taken: Tensor = gather(g, dim, index)
    return taken


def _like(input: Tensor, numbers: np.ndarray) -> Tensor:
    return Tensor.of(numbers, input.dtype)


def _counts(input: Tensor, dim: int, index: Tensor, include_self: bool = True) -> Tensor:
    """How many values each place has."""
    places = places_along(input.shape, layout.wrap_dim(dim, input.ndim), index)
    return _like(input, counted(places, input.numel, include_self).reshape(input.shape))


def _sharing(input: Tensor, dim: int, index: Tensor, src: Tensor, include_self: bool, result: Tensor) -> Tensor:
    """How many values each place has that equal the result."""
    places = places_along(input.shape, layout.wrap_dim(dim, input.ndim), index)
    flat = result.array.ravel()
    equal = (input.array.ravel() == flat).astype(np.int64)
    if not include_self:
        equal[places] = 0
    np.add.at(equal, places, _under(index, src) == flat[places])
    return _like(input, np.maximum(equal, 1).reshape(input.shape))


def _other_factors(input: Tensor, dim: int, index: Tensor, src: Tensor, include_self: bool) -> Tensor:
    """For each element sent, the product of all the other values of its place: what is zero counts by number."""
    present, sent = (where(tensor == 0, 1, tensor) for tensor in (input, src))
    product = gather(scatter_reduce(present, dim, index, sent, "prod", include_self=include_self), dim, index)
    places = places_along(input.shape, layout.wrap_dim(dim, input.ndim), index)
    zeros = (input.array.ravel() == 0).astype(np.int64)
    if not include_self:
        zeros[places] = 0
    zero = _under(index, src) == 0
    np.add.at(zeros, places, zero)
    alone = (zeros[places] == zero).reshape(index.shape)
    chosen: Tensor = where(Tensor.of(alone, BOOL), product / sent, 0)
    return chosen


scatter_reduce.reads_apart = ("index", "src")
scatter_reduce.vjp("input", reduced_input_vjp)
scatter_reduce.vjp("src", reduced_src_vjp)
