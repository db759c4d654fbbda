"""Matrices transposed, and conjugated with it: adjoint, H, mH, conj.

The conjugate of a complex tensor is a view that shares its storage and has a bit set, until somebody reads the
elements. The reference has values and no such bit: of complex tensors these are no part of it (``conj_physical`` is).
Source: https://docs.pytorch.org/docs/stable/complex_numbers.html
"""

from __future__ import annotations

from reference.errors import refuse, unmodelled
from reference.tensor import Tensor
from reference.views import matrix_transpose


def conj(input: Tensor) -> Tensor:
    """A real tensor is its own conjugate. https://docs.pytorch.org/docs/stable/generated/torch.conj.html"""
    if input.dtype.is_complex:
        unmodelled("a conjugate that is yet to be computed")
    return input


def adjoint(input: Tensor) -> Tensor:
    """The last two dimensions exchanged, conjugated.

    https://docs.pytorch.org/docs/stable/generated/torch.adjoint.html
    """
    transposed: Tensor = matrix_transpose(input)
    return conj(transposed)


def matrix_adjoint(input: Tensor) -> Tensor:
    """``.H``: the adjoint of one matrix. https://docs.pytorch.org/docs/stable/tensors.html"""
    if input.ndim not in (0, 2):
        refuse(f"tensor.H is only supported on matrices (2-D tensors). Got {input.ndim}-D tensor.")
    return adjoint(input)
