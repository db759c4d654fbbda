"""How often: elements that are not zero, distinct elements, integers.

https://docs.pytorch.org/docs/stable/torch.html#other-operations
"""

from __future__ import annotations

from typing import Any

import numpy as np

from reference import layout
from reference.checks import BOOL, COMPLEX, refuse_category
from reference.dtypes import EXTENDED, FLOAT32, FLOAT64, INT64, UINT64, DType, wider
from reference.errors import refuse, refuse_index
from reference.function import function
from reference.reduction import Dims, computing_array, delivered, reduced_dims
from reference.sorting import ranked, specify
from reference.tensor import Tensor


@function()
def count_nonzero(input: Tensor, dim: Dims = None) -> Tensor:
    """How many elements over ``dim`` are not zero; NaN is not.

    https://docs.pytorch.org/docs/stable/generated/torch.count_nonzero.html
    """
    dims = reduced_dims(input.ndim, dim)
    return Tensor.of(np.asarray((input.array != 0).sum(axis=dims), np.int64), INT64)


@function()
def hash_tensor(input: Tensor, dim: Dims = (), *, keepdim: bool = False, mode: int = 0) -> Tensor:
    """The exclusive or of the elements' bits over ``dim``, each widened to 64 bits. Refuses to hash nothing.

    https://docs.pytorch.org/docs/stable/generated/torch.hash_tensor.html
    """
    if mode:
        refuse(f"Unknown hash_tensor mode: {mode}")
    dims = reduced_dims(input.ndim, dim)
    if dim in ((), [], None) and not input.numel:
        refuse("hash_tensor: Expected reduction dim to be specified for input.numel() == 0.")
    if any(not input.shape[axis] for axis in dims):
        refuse_index("hash_tensor: Expected the reduction dim to have non-zero size.")
    refuse_category("hash_tensor", input.dtype, COMPLEX)
    wide = np.float64 if input.dtype.is_floating_point else np.int64
    widened = input.array.astype(wide)
    if input.dtype.is_floating_point and input.dtype.itemsize < 8:
        np.multiply(widened, 1, out=widened)  # a signalling NaN that is widened becomes quiet (IEEE 754-2019, 6.2)
    bits = np.ascontiguousarray(widened).view(np.uint64).reshape(input.shape)
    return delivered(np.bitwise_xor.reduce(bits, axis=dims, keepdims=True), dims, keepdim, UINT64)


# -- distinct elements -------------------------------------------------------------------------------------------------


def _results(
    values: Tensor, inverse: Tensor, counts: np.ndarray, return_inverse: bool, return_counts: bool
) -> Tensor | tuple[Tensor, ...]:
    asked = [values]
    if return_inverse:
        asked.append(inverse)
    if return_counts:
        asked.append(Tensor.of(counts, INT64))
    return tuple(asked) if len(asked) > 1 else values


def _runs(begins: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where runs begin, to which run each element belongs, how long each is."""
    starts = np.flatnonzero(begins)
    return starts, np.cumsum(begins) - 1, np.diff(np.append(starts, begins.size))


def _begins(flat: np.ndarray) -> np.ndarray:
    """Where an element differs from the one before it; NaN differs from all, itself included."""
    begins = np.ones(flat.size, bool)
    begins[1:] = flat[1:] != flat[:-1]
    return begins


@function(lambda arguments: "Unique2Backward0" if arguments["dim"] is None else "UniqueDimBackward0")
def unique(
    input: Tensor,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """The distinct elements in order, or the distinct slices along ``dim``; where each went; how many of each.

    https://docs.pytorch.org/docs/stable/generated/torch.unique.html
    """
    refuse_category("unique", input.dtype, COMPLEX)
    if dim is not None:
        return _distinct_slices(input, dim, return_inverse, return_counts, consecutive=False)
    flat = computing_array(input, input.dtype).reshape(-1)
    order = ranked(flat, 0)
    starts, runs, counts = _runs(_begins(flat[order]))
    inverse = np.empty(flat.size, np.int64)
    inverse[order] = runs
    # Which of several NaN is which, nothing tells.
    placed = specify(Tensor.of(inverse.reshape(input.shape), INT64), (flat == flat).reshape(input.shape))
    return _results(Tensor.of(flat[order][starts], input.dtype), placed, counts, return_inverse, return_counts)


@function("UniqueConsecutiveBackward0")
def unique_consecutive(
    input: Tensor, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """The first of each run of equal elements, or of equal slices along ``dim``.

    https://docs.pytorch.org/docs/stable/generated/torch.unique_consecutive.html
    """
    refuse_category("unique", input.dtype, COMPLEX)
    if dim is not None:
        return _distinct_slices(input, dim, return_inverse, return_counts, consecutive=True)
    flat = computing_array(input, input.dtype).reshape(-1)
    starts, runs, counts = _runs(_begins(flat))
    inverse = Tensor.of(runs.astype(np.int64).reshape(input.shape), INT64)
    return _results(Tensor.of(flat[starts], input.dtype), inverse, counts, return_inverse, return_counts)


def _no_derivative(g: Tensor) -> Tensor:
    refuse("the derivative for 'unique' is not implemented.", "NotImplementedError")


unique.vjp("input", _no_derivative)
unique_consecutive.vjp("input", _no_derivative)


def _distinct_slices(
    input: Tensor, dim: int, return_inverse: bool, return_counts: bool, *, consecutive: bool
) -> Tensor | tuple[Tensor, ...]:
    if not input.ndim:
        refuse_index("Dimension specified as 0 but tensor has no dimensions")
    axis = layout.wrap_dim(dim, input.ndim)
    if 0 in input.shape and (input.shape[axis] or input.shape.count(0) > 1):
        refuse("There are 0 sized dimensions, and they aren't selected, so unique cannot be applied")
    moved = np.moveaxis(computing_array(input, input.dtype), axis, 0)
    slices = moved.reshape(len(moved), -1) if moved.size else np.zeros((len(moved), 1))
    # In a slice as among elements, NaN is the largest, and equals nothing.
    order = np.arange(len(slices)) if consecutive else np.lexsort(slices.T[::-1])
    ordered = slices[order]
    begins = np.ones(len(slices), bool)
    begins[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    starts, runs, counts = _runs(begins)
    inverse = np.empty(len(slices), np.int64)
    inverse[order] = runs
    distinct = moved[order][starts]
    first, *rest = layout.contiguous_strides(distinct.shape)
    strides = (*rest[:axis], first, *rest[axis:])
    values = Tensor.of(np.moveaxis(distinct, 0, axis), input.dtype, strides)
    # Which of several alike with NaN is which, nothing tells.
    placed = specify(Tensor.of(inverse, INT64), (slices == slices).all(axis=1) | consecutive)
    return _results(values, placed, counts, return_inverse, return_counts)


# -- integers ----------------------------------------------------------------------------------------------------------


def _summed_in(weights: Tensor | None) -> DType:
    """The dtype in which occurrences are added up: float64 for weights of any dtype but float32."""
    if weights is None:
        return INT64
    return weights.dtype if weights.dtype in (FLOAT32, EXTENDED) else FLOAT64


@function("NotImplemented")
def bincount(input: Tensor, weights: Tensor | None = None, minlength: int = 0) -> Tensor:
    """How often each integer from zero on occurs, or the sum of the weights of where it does.

    https://docs.pytorch.org/docs/stable/generated/torch.bincount.html
    """
    refuse_category("bincount", input.dtype, BOOL, COMPLEX)
    if minlength < 0:
        refuse("minlength should be >= 0")
    if input.ndim != 1 or (input.array < 0).any():
        refuse("bincount only supports 1-d non-negative integral inputs.")
    if weights is not None and weights.shape != input.shape:
        refuse("weights should be 1-d and have the same length as input")
    dtype = _summed_in(weights)
    places = input.array.astype(np.int64)
    total = np.zeros(max(minlength, int(places.max(initial=-1)) + 1), wider(dtype).numpy)
    with np.errstate(all="ignore"):
        np.add.at(total, places, 1 if weights is None else computing_array(weights, dtype))
    return Tensor.of(total, dtype)


def _of_weights(g: Tensor) -> Tensor:
    refuse("derivative for aten::bincount is not implemented")


bincount.vjp("weights", _of_weights)
