"""Running products, extremes and logarithms of sums. https://docs.pytorch.org/docs/stable/torch.html#other-operations"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from reference import layout
from reference.arithmetic import conjugate
from reference.checks import BOOL, COMPLEX, INTEGRAL, refuse_category
from reference.dtypes import BOOL as BOOL_DTYPE
from reference.dtypes import INT64, DType
from reference.errors import refuse
from reference.function import Function, function
from reference.placing import placed_along
from reference.reduction import accumulating, computing_array, cumsum, cumsum_from_end, sum
from reference.selection import where
from reference.sorting import Pair, rows, same, specify
from reference.tensor import METHODS, Tensor
from reference.views import movedim
from reference.writing import in_place


@function("CumprodBackward0")
def cumprod(input: Tensor, dim: int, *, dtype: DType | None = None) -> Tensor:
    """The product of the elements up to each; integers multiply in int64.

    https://docs.pytorch.org/docs/stable/generated/torch.cumprod.html
    """
    axis = layout.wrap_dim(dim, input.ndim)
    result = accumulating(input, dtype)
    refuse_category("cumprod", result, BOOL)
    values = computing_array(input, result)
    with np.errstate(all="ignore"):
        return Tensor.of(np.multiply.accumulate(values, axis=axis) if input.ndim else values, result)


def _cumprod_vjp(g: Tensor, input: Tensor, dim: int) -> Tensor:
    """The factor at i is in every product at j >= i: the sum of g_j times the product of the other factors up to j.

    No factor is divided by, so that any may be zero.
    """
    if not input.ndim or not input.numel:
        return g
    axis = layout.wrap_dim(dim, input.ndim)
    size = input.shape[axis]
    factors, cotangent = movedim(input, axis, -1), movedim(g, axis, -1)
    # Places [i, j]: the product at j, of which the factor i is left out.
    i, j = np.indices((size, size), sparse=True)
    rows_of_factors = factors.reshape((*factors.shape[:-1], 1, size))
    others = cumprod(where(Tensor.of(i != j, BOOL_DTYPE), rows_of_factors, 1), -1)
    terms = where(
        Tensor.of(i <= j, BOOL_DTYPE),
        cotangent.reshape((*cotangent.shape[:-1], 1, size)) * conjugate(others),
        0,
    )
    gradient: Tensor = movedim(sum(terms, -1), -1, axis)
    return gradient


# Torch saves the products too, and the input of a running extremum.
cumprod.vjp("input", lambda g, input, result, dim: _cumprod_vjp(g, input, dim))


def _in_place_form(called: Function) -> Callable[..., Tensor]:
    def written(input: Tensor, dim: int, *, dtype: DType | None = None) -> Tensor:
        if dtype is not None and dtype is not input.dtype:
            refuse(
                f"Bad in-place call: input tensor dtype {input.dtype!r} and output tensor dtype {dtype!r} should match"
            )
        return in_place(called, input, dim)

    return written


cumsum_, cumprod_ = _in_place_form(cumsum), _in_place_form(cumprod)


def _running_extremum(name: str, input: Tensor, dim: int, extremum: np.ufunc) -> Pair:
    """The extreme element up to each and an index of it: specified where no earlier one is equal."""
    axis = layout.wrap_dim(dim, input.ndim)
    refuse_category(name, input.dtype, COMPLEX)
    array = rows(input)
    if not array.size:
        return Tensor.of(array, input.dtype), Tensor.of(np.zeros(array.shape, np.int64), INT64)
    values = extremum.accumulate(array, axis=axis)
    places = np.arange(array.shape[axis]).reshape([-1 if d == axis else 1 for d in range(array.ndim)])
    reached = same(array, values)
    last = np.maximum.accumulate(np.where(reached, places, 0), axis=axis)
    changed = np.ones(array.shape, bool)
    changed_rows = np.moveaxis(changed, axis, -1)
    moved = np.moveaxis(values, axis, -1)
    changed_rows[..., 1:] = ~same(moved[..., 1:], moved[..., :-1])
    first = np.maximum.accumulate(np.where(changed, places, 0), axis=axis)
    shape = input.shape
    index = specify(Tensor.of(last.reshape(shape), INT64), first == last)
    return Tensor.of(values.reshape(shape), input.dtype), index


@function("CummaxBackward0")
def cummax(input: Tensor, dim: int) -> Pair:
    """The largest element up to each, NaN from the first NaN on, and an index of it.

    https://docs.pytorch.org/docs/stable/generated/torch.cummax.html
    """
    return _running_extremum("cummax", input, dim, np.maximum)


@function("CumminBackward0")
def cummin(input: Tensor, dim: int) -> Pair:
    """The smallest element up to each, NaN from the first NaN on, and an index of it.

    https://docs.pytorch.org/docs/stable/generated/torch.cummin.html
    """
    return _running_extremum("cummin", input, dim, np.minimum)


for _function in (cummax, cummin):
    _function.vjp("input", lambda g, input, result, dim: placed_along(g[0], result[1], input.shape, dim))


@function("LogcumsumexpBackward0")
def logcumsumexp(input: Tensor, dim: int) -> Tensor:
    """The logarithm of the sum of the exponentials of the elements up to each.

    https://docs.pytorch.org/docs/stable/generated/torch.logcumsumexp.html
    """
    axis = layout.wrap_dim(dim, input.ndim)
    if input.numel:
        refuse_category("logcumsumexp", input.dtype, BOOL, INTEGRAL)
    values = computing_array(input, input.dtype)
    if not input.ndim or not input.numel:
        return Tensor.of(values.copy(), input.dtype)
    with np.errstate(all="ignore"):
        if input.dtype.is_complex:
            made = Tensor.of(_complex_logcumsumexp(values, axis), input.dtype)
            # Elsewhere logarithms that differ by turns are as good.
            return specify(made, np.maximum.accumulate(np.abs(values.imag), axis=axis) < np.pi / 2)
        return Tensor.of(np.logaddexp.accumulate(values, axis=axis), input.dtype)


def _complex_logcumsumexp(values: np.ndarray, axis: int) -> np.ndarray:
    """Each sum over the exponential of the largest real part so far, of twice as many terms with every pass."""
    values = np.moveaxis(values, axis, -1)
    largest = np.maximum.accumulate(values.real, axis=-1)
    sums, terms = np.exp(values - largest), 1
    while terms < values.shape[-1]:
        smaller = np.exp(largest[..., :-terms] - largest[..., terms:])
        sums[..., terms:] = sums[..., terms:] + sums[..., :-terms] * smaller
        terms *= 2
    return np.moveaxis(np.log(sums) + largest, -1, axis)


def _logcumsumexp_vjp(g: Tensor, input: Tensor, result: Tensor, dim: int) -> Tensor:
    """``exp(x_i)`` times the sum of ``g_j exp(-y_j)`` over j >= i, shifted by the largest x that could overflow."""
    if not input.ndim:
        return g
    if input.dtype.is_complex:
        shares = METHODS["exp"](conjugate(input))
        return shares * cumsum_from_end(g * METHODS["exp"](-conjugate(result)), dim)
    return METHODS["exp"](input) * cumsum_from_end(g * METHODS["exp"](-result), dim)


logcumsumexp.vjp("input", _logcumsumexp_vjp)
