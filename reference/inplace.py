"""What is in place by nature, and no function written back: copy_, fill_, zero_, detach_ and ``data``.

https://docs.pytorch.org/docs/stable/generated/torch.Tensor.copy_.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from reference.broadcasting import broadcast_shapes
from reference.conversion import cast, castable, copied, strides_in
from reference.creation import zeros_like
from reference.errors import refuse, refuse_type
from reference.function import expand, function
from reference.promotion import Number, dtype_of_number
from reference.scalars import as_number, cast_element
from reference.storage import VersionCounter
from reference.tensor import Tensor
from reference.writing import refuse_leaf_write, refuse_overlapping_write, write


def _converted(target: Tensor, source: Tensor) -> Tensor:
    """The values of ``source`` in the shape and dtype of ``target``."""
    made = Tensor.of(cast(source.array, target.dtype), target.dtype)
    made.specified = castable(source, target.dtype)
    return made if source.shape == target.shape else _expanded(made, target.shape)


def _expanded(made: Tensor, shape: tuple[int, ...]) -> Tensor:
    wide = expand(made, shape)
    wide.specified = made.specified if isinstance(made.specified, bool) else np.broadcast_to(made.specified, shape)
    return wide


@function("CopyBackwards")
def copied_over(input: Tensor, src: Tensor) -> Tensor:
    """What ``input`` holds after ``input.copy_(src)``."""
    return _converted(input, src)


copied_over.vjp("input", lambda g: zeros_like(g))
copied_over.vjp("src", lambda g: g)


@function()
def copy_(input: Tensor, src: Any, non_blocking: bool = False) -> Tensor:
    """Write the elements of ``src``, broadcast and cast to any dtype, into ``input``; return ``input``.

    Refuses a shape that does not broadcast to ``input``'s, and memory that overlaps.
    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.copy_.html
    """
    if isinstance(src, (bool, int, float, complex)):
        src = Tensor.of(np.asarray(src), dtype_of_number(src))
    if not isinstance(src, Tensor):
        refuse_type(f"copy_(): argument 'other' (position 1) must be Tensor, not {type(src).__name__}")
    # To what is not differentiable no gradient comes, whatever is copied into it.
    refuse_leaf_write(input, *([src] if input.dtype.is_differentiable else []))
    shape = broadcast_shapes(input.shape, src.shape)
    if shape != input.shape:
        refuse(f"output with shape {list(input.shape)} doesn't match the broadcast shape {list(shape)}")
    if src is not input:
        refuse_overlapping_write(input, src)
    return write(input, _converted(input, src), copied_over, {"input": input, "src": src})


def _fill_node(arguments: Mapping[str, Any]) -> str:
    return "FillBackward1" if isinstance(arguments["value"], Tensor) else "FillBackward0"


def _fill_in_place_node(arguments: Mapping[str, Any]) -> str:
    return "FillBackward3" if isinstance(arguments["value"], Tensor) else "FillBackward2"


def _filled(input: Tensor, value: Tensor | Number) -> Tensor:
    if isinstance(value, Tensor):
        if value.ndim:
            refuse(f"fill_ only supports 0-dimension value tensor but got tensor with {value.ndim} dimensions.")
        return _converted(input, value)
    number = cast_element(as_number(value, "value"), input.dtype)
    return _expanded(Tensor.of(number, input.dtype), input.shape)


@function(_fill_node)
def fill(input: Tensor, value: Any) -> Tensor:
    """A tensor like ``input`` with every element ``value``, a number or a 0-d tensor."""
    return copied(_filled(input, value), strides_in("preserve", input))


fill.vjp("input", lambda g: zeros_like(g))
fill.vjp("value", lambda g: g)


@function(_fill_in_place_node)
def filled_over(input: Tensor, value: Any) -> Tensor:
    """What ``input`` holds after ``input.fill_(value)``."""
    return _filled(input, value)


filled_over.vjps = fill.vjps


@function()
def fill_(input: Tensor, value: Any) -> Tensor:
    """Set every element to ``value``, a number that the dtype can hold or a 0-d tensor, which is cast.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.fill_.html
    """
    refuse_leaf_write(input, value)
    if isinstance(value, Tensor):
        refuse_overlapping_write(input)
    return write(input, _filled(input, value), filled_over, {"input": input, "value": value})


@function("ZeroBackward0")
def zeroed(input: Tensor) -> Tensor:
    """What ``input`` holds after ``input.zero_()``."""
    return _filled(input, 0)


zeroed.vjp("input", lambda g: zeros_like(g))


@function()
def zero_(input: Tensor) -> Tensor:
    """Set every element to zero. https://docs.pytorch.org/docs/stable/generated/torch.Tensor.zero_.html"""
    refuse_leaf_write(input)
    return write(input, zeroed.forward(input), zeroed, {"input": input})


@function()
def detach_(input: Tensor) -> Tensor:
    """Cut the tensor out of the graph: it becomes a leaf. Views are refused.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.detach_.html
    """
    if input.base is not None:
        refuse("Can't detach views in-place. Use detach() instead.")
    input.set_grad_fn(None)
    return input.requires_grad_(False)


@function()
def data_of(input: Tensor) -> Tensor:
    """``input.data``: the same storage outside the graph, with a version counter of its own."""
    viewed = input.view_as(input.shape, input.strides)
    viewed.counter = VersionCounter()
    return viewed


@function()
def set_data(input: Tensor, new_data: Tensor) -> None:
    """``input.data = new_data``: take over its storage, shape and dtype, and keep history and version."""
    if input.requires_grad and not new_data.dtype.is_differentiable:
        refuse("data set to a tensor that requires gradients must be floating point or complex dtype")
    input.storage, input.dtype = new_data.storage, new_data.dtype
    input.shape, input.strides, input.offset = new_data.shape, new_data.strides, new_data.offset
    input.unrounded, input.specified = new_data.unrounded, new_data.specified
    input.accumulator = None
