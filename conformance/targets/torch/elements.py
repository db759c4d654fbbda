"""The elements of a tensor as NumPy holds them, bit for bit."""

from __future__ import annotations

from functools import cache
from typing import Any

import ml_dtypes
import numpy as np
import torch


def to_numpy(tensor: torch.Tensor) -> np.ndarray:
    """A copy of the elements, bit for bit, as NumPy (and ml_dtypes) hold them."""
    return elements_of(tensor).copy()


def elements_of(tensor: torch.Tensor) -> np.ndarray:
    """The same, but it may be the tensor's own memory."""
    plain_tensor = tensor.data  # not detach, which is one of the operations that are tested
    if plain_tensor.is_conj() or plain_tensor.is_neg():
        plain_tensor = plain_tensor.resolve_conj().resolve_neg()
    if plain_tensor.layout is not torch.strided:  # a gradient
        plain_tensor = plain_tensor.to_dense()
    if not plain_tensor.is_cpu:
        plain_tensor = plain_tensor.cpu()
    if plain_tensor._is_zerotensor():  # a gradient of zeros that has no memory
        plain_tensor = plain_tensor.clone()
    if plain_tensor.dtype is torch.complex32:  # NumPy has none: its dtype shows what it was
        return plain_tensor.to(torch.complex64).numpy()
    foreign = foreign_to_numpy(plain_tensor.dtype)
    if foreign is not None:
        word = torch.int16 if plain_tensor.element_size() == 2 else torch.uint8
        return plain_tensor.contiguous().view(word).numpy().view(foreign)
    return plain_tensor.numpy()


@cache
def name_of(one: torch.dtype | torch.layout) -> str:
    """The name of a dtype, as ``float32``, or of a layout."""
    return str(one).removeprefix("torch.")


@cache
def foreign_to_numpy(dtype: torch.dtype) -> Any:
    """The dtype by which ml_dtypes extends NumPy, of one that NumPy itself has not."""
    return getattr(ml_dtypes, name_of(dtype), None)
