"""Writing where a mask is true. https://docs.pytorch.org/docs/stable/generated/torch.Tensor.masked_fill_.html"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from reference.broadcasting import broadcast_shapes
from reference.dtypes import BOOL
from reference.embedding import addresses, geometry
from reference.errors import refuse
from reference.function import function
from reference.promotion import Number
from reference.scalars import cast_element
from reference.tensor import Tensor
from reference.writing import partly_overlap, refuse_leaf_write, write


def _node(arguments: Mapping[str, Any]) -> str:
    return f"MaskedFillBackward{int(isinstance(arguments['value'], Tensor))}"


def _checked_value(input: Tensor, mask: Tensor, value: Tensor | Number) -> np.ndarray:
    """The value as an element of the dtype of ``input``."""
    if isinstance(value, Tensor) and value.ndim:
        refuse(f"masked_fill only supports a 0-dimensional value tensor, but got {value.ndim} dimension(s).")
    if mask.dtype is not BOOL:
        refuse(f"masked_fill only supports boolean masks, but got mask with dtype {mask.dtype!r}")
    return cast_element(value.item() if isinstance(value, Tensor) else value, input.dtype)


@function(_node)
def masked_fill(input: Tensor, mask: Tensor, value: Tensor | Number) -> Tensor:
    """A copy of ``input`` with ``value`` where ``mask``, broadcast, is true.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.masked_fill.html
    """
    filling = _checked_value(input, mask, value)
    shape = broadcast_shapes(input.shape, mask.shape)
    made = Tensor.of(np.broadcast_to(input.array, shape).copy(), input.dtype)
    made.array[np.broadcast_to(mask.array, shape)] = Tensor.of(filling, input.dtype).array
    return made


def _value_vjp(g: Tensor, mask: Tensor) -> Tensor:
    return masked_fill(g, ~mask, 0).sum()


masked_fill.vjp("input", lambda g, mask: masked_fill(g, mask, 0))
masked_fill.vjp("value", _value_vjp)


@function()
def masked_fill_(input: Tensor, mask: Tensor, value: Tensor | Number) -> Tensor:
    """In-place ``masked_fill``; of a tensor that repeats its elements, all that share a place are filled.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.masked_fill_.html
    """
    refuse_leaf_write(input, value)
    result = masked_fill.forward(input, mask, value)
    if result.shape != input.shape:
        refuse(f"output with shape {list(input.shape)} doesn't match the broadcast shape {list(result.shape)}")
    if partly_overlap(input, mask):
        refuse("unsupported operation: some elements of the input tensor and the written-to tensor are one place.")
    places = addresses(geometry(input)).reshape(input.shape)
    filled = np.isin(places, places[np.broadcast_to(mask.array, input.shape)])
    everywhere = Tensor.of(filled, BOOL)
    return write(
        input,
        masked_fill.forward(input, everywhere, value),
        masked_fill,
        {"input": input, "mask": mask, "value": value},
    )
