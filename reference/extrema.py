"""Largest and smallest elements and where they are. https://docs.pytorch.org/docs/stable/torch.html#reduction-ops"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from reference import layout
from reference.checks import BOOL, COMPLEX, refuse_category
from reference.dtypes import INT64
from reference.errors import refuse, refuse_index
from reference.function import Function, function
from reference.reduction import Dims, delivered, reduced_dims, spread, sum
from reference.selection import maximum, minimum, where
from reference.tensor import METHODS, Tensor

_PAGES = "https://docs.pytorch.org/docs/stable/generated/torch."


def _refuse_nothing(name: str, input: Tensor, dim: Dims) -> None:
    """Nothing has no largest element: refuse a reduced dimension of size zero."""
    if dim is None or dim in ((), []):
        if not input.numel:
            refuse(f"{name}(): Expected reduction dim to be specified for input.numel() == 0.")
        return
    for position in reduced_dims(input.ndim, dim):
        if not input.shape[position]:
            refuse_index(f"{name}(): Expected reduction dim {position} to have non-zero size.")


def _first(choose: Callable[..., Any], input: Tensor, dim: int | None) -> np.ndarray:
    """The index of the first extreme element, the first nan if there is one, with the dimension kept."""
    array = input.array if input.ndim else input.array.reshape(1)
    if array.dtype.kind == "V":  # bfloat16, which NumPy cannot search
        array = array.astype(np.float32)
    if dim is None:
        return np.asarray(choose(array)).reshape((1,) * input.ndim)
    return np.asarray(np.expand_dims(choose(array, axis=dim), dim)) if input.ndim else np.asarray(0)


def _at_index(g: Tensor, index: Tensor, shape: tuple[int, ...], dim: int) -> Tensor:
    """``g`` at the indices along ``dim``, zero elsewhere."""
    if not shape:
        return g
    axis = layout.wrap_dim(dim, len(shape))
    places = np.arange(shape[axis]).reshape([-1 if d == axis else 1 for d in range(len(shape))])
    chosen: Tensor = where(Tensor.of(places, INT64) == spread(index, shape, dim), spread(g, shape, dim), 0)
    return chosen


def _shared(g: Tensor, input: Tensor, result: Tensor, dim: Dims) -> Tensor:
    """``g`` divided evenly among the elements that equal the result."""
    extreme = spread(result, input.shape, dim)
    ties = METHODS["logical_or"](
        input == extreme, METHODS["logical_and"](METHODS["isnan"](input), METHODS["isnan"](extreme))
    )
    counts = spread(sum(ties, dim), input.shape, dim)
    chosen: Tensor = where(ties, spread(g, input.shape, dim) / counts, 0)
    return chosen


def _declare_extremum(
    name: str, meaning: str, reduce: np.ufunc, choose: Callable[..., Any], pairwise: Function
) -> tuple[Function, Function, Function]:
    """Declare ``max`` and the functions it stands for, or ``min``: all elements, along a dimension, of two tensors."""
    title = name.capitalize()

    def extremum(input: Tensor, dims: tuple[int, ...]) -> np.ndarray:
        # In float32 bfloat16 compares exactly, and the result goes back unchanged.
        return np.asarray(reduce.reduce(input.array, axis=dims, keepdims=True))

    def over_all(input: Tensor) -> Tensor:
        _refuse_nothing(name, input, None)
        refuse_category(name, input.dtype, COMPLEX)
        dims = tuple(range(input.ndim))
        return delivered(extremum(input, dims), dims, False, input.dtype)

    def along(input: Tensor, dim: int, keepdim: bool = False) -> tuple[Tensor, Tensor]:
        axis = layout.wrap_dim(dim, input.ndim)
        _refuse_nothing(name, input, dim)
        refuse_category(name, input.dtype, COMPLEX, kind="RuntimeError")
        dims = reduced_dims(input.ndim, dim)
        index = _first(choose, input, axis)
        values = np.take_along_axis(input.array, index, axis) if input.ndim else input.array
        return delivered(values, dims, keepdim, input.dtype), delivered(index, dims, keepdim, INT64)

    def either(input: Tensor, dim: Any = None, keepdim: bool = False) -> Any:
        if isinstance(dim, Tensor):
            return pairwise(input, dim)
        return all_elements(input) if dim is None else by_dim(input, dim, keepdim)

    def over(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
        dims = reduced_dims(input.ndim, dim)
        _refuse_nothing(f"a{name}", input, dim)
        if input.numel:  # torch has no kernel for complex, and calls none for an empty result
            refuse_category(f"a{name}", input.dtype, COMPLEX)
        return delivered(extremum(input, dims), dims, keepdim, input.dtype)

    over_all.__name__, along.__name__, either.__name__, over.__name__ = f"{name}_all", f"{name}_dim", name, f"a{name}"
    over_all.__doc__ = f"The {meaning} of all elements, nan if one is. {_PAGES}{name}.html"
    along.__doc__ = f"The {meaning} element along a dimension, and the index of the first such. {_PAGES}{name}.html"
    either.__doc__ = f"``{name}_all``, ``{name}_dim`` or, of two tensors, ``{name}imum``. {_PAGES}{name}.html"
    over.__doc__ = f"The {meaning} element over any dimensions. {_PAGES}a{name}.html"
    all_elements, by_dim = Function(over_all, f"{title}Backward1"), Function(along, f"{title}Backward0")
    all_elements.vjp("input", lambda g, input, result: _shared(g, input, result, None))
    by_dim.vjp("input", lambda g, input_shape, result, dim: _at_index(g[0], result[1], input_shape, dim))
    several = Function(over, f"A{name}Backward0")
    several.vjp("input", lambda g, input, result, dim: _shared(g, input, result, dim))
    return Function(either), by_dim, several


max, max_dim, amax = _declare_extremum("max", "largest", np.maximum, np.argmax, maximum)
min, min_dim, amin = _declare_extremum("min", "smallest", np.minimum, np.argmin, minimum)


def _index_of(name: str, choose: Callable[..., Any], input: Tensor, dim: int | None, keepdim: bool) -> Tensor:
    refuse_category(name, input.dtype, BOOL, COMPLEX, kind="RuntimeError")
    axis = None if dim is None else layout.wrap_dim(dim, input.ndim)
    if dim is None and not input.numel:
        refuse_index(f"{name}(): Expected reduction dim to be specified for input.numel() == 0.")
    _refuse_nothing(name, input, dim)
    return delivered(_first(choose, input, axis), reduced_dims(input.ndim, dim), keepdim, INT64)


@function()
def argmax(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The index of the first largest element, of all in row-major order or along a dimension; bool is refused.

    https://docs.pytorch.org/docs/stable/generated/torch.argmax.html
    """
    return _index_of("argmax", np.argmax, input, dim, keepdim)


@function()
def argmin(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The index of the first smallest element, of all in row-major order or along a dimension; bool is refused.

    https://docs.pytorch.org/docs/stable/generated/torch.argmin.html
    """
    return _index_of("argmin", np.argmin, input, dim, keepdim)


@function("AminmaxBackward0")
def aminmax(input: Tensor, *, dim: int | None = None, keepdim: bool = False) -> tuple[Tensor, Tensor]:
    """``amin`` and ``amax`` of all elements or along one dimension.

    https://docs.pytorch.org/docs/stable/generated/torch.aminmax.html
    """
    axis = None if dim is None else layout.wrap_dim(dim, input.ndim)
    _refuse_nothing("aminmax", input, axis)
    refuse_category("aminmax", input.dtype, COMPLEX)
    return amin.forward(input, axis, keepdim), amax.forward(input, axis, keepdim)


aminmax.vjp(
    "input",
    lambda g, input, result, dim: _shared(g[0], input, result[0], dim) + _shared(g[1], input, result[1], dim),
)
