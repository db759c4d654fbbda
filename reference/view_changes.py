"""In-place changes of layout: ``t_``, ``transpose_``, ``squeeze_`` and their like turn a tensor into a view of itself.

Source: https://docs.pytorch.org/docs/stable/tensor_view.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reference.autograd.graph import CallNode
from reference.autograd.mode import is_grad_enabled
from reference.function import Function, function
from reference.slicing import as_strided, squeeze, unsqueeze
from reference.tensor import Tensor
from reference.views import t, transpose
from reference.writing import refuse_leaf_write


def become(input: Tensor, called: Function, node: str, *args: Any) -> Tensor:
    """Give ``input`` the layout of its view ``called(input, *args)``: the version rises, the storage stays."""
    refuse_leaf_write(input)
    viewed = called.forward(input, *args)
    arguments = called.arguments((input, *args), {})
    recorded = _node(input, called, node, arguments) if input.requires_grad and is_grad_enabled() else None
    input.shape, input.strides, input.offset = viewed.shape, viewed.strides, viewed.offset
    unspecified = input.specified if isinstance(input.specified, bool) else False
    input.written()
    input.specified = unspecified
    if recorded is not None:
        input.set_grad_fn(recorded)
    return input


def _node(input: Tensor, called: Function, name: str, arguments: Mapping[str, Any]) -> CallNode:
    node = CallNode(name, called.vjps, arguments, [input])
    node.output_like = [(input.shape, input.dtype)]
    return node


@function()
def t_(input: Tensor) -> Tensor:
    """In-place ``t``. https://docs.pytorch.org/docs/stable/generated/torch.Tensor.t_.html"""
    return become(input, t, "TBackward1")


@function()
def transpose_(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """In-place ``transpose``. https://docs.pytorch.org/docs/stable/generated/torch.Tensor.transpose_.html"""
    return become(input, transpose, "TransposeBackward1", dim0, dim1)


@function()
def swapaxes_(input: Tensor, axis0: int, axis1: int) -> Tensor:
    """In-place ``swapaxes``. https://docs.pytorch.org/docs/stable/generated/torch.Tensor.swapaxes_.html"""
    return transpose_(input, axis0, axis1)


@function()
def swapdims_(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """In-place ``swapdims``. https://docs.pytorch.org/docs/stable/generated/torch.Tensor.swapdims_.html"""
    return transpose_(input, dim0, dim1)


@function()
def squeeze_(input: Tensor, dim: int | Sequence[int] | None = None) -> Tensor:
    """In-place ``squeeze``. https://docs.pytorch.org/docs/stable/generated/torch.Tensor.squeeze_.html"""
    number = 3 if dim is None else 4 if isinstance(dim, int) else 5
    return become(input, squeeze, f"SqueezeBackward{number}", dim)


@function()
def unsqueeze_(input: Tensor, dim: int) -> Tensor:
    """In-place ``unsqueeze``. https://docs.pytorch.org/docs/stable/generated/torch.Tensor.unsqueeze_.html"""
    return become(input, unsqueeze, "UnsqueezeBackward1", dim)


@function()
def as_strided_(input: Tensor, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None) -> Tensor:
    """In-place ``as_strided``. https://docs.pytorch.org/docs/stable/generated/torch.as_strided.html"""
    return become(input, as_strided, "AsStridedBackward1", size, stride, storage_offset)
