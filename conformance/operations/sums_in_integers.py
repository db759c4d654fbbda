"""Sums and products in integers: each number is cut before it is added, and not their sum.

https://docs.pytorch.org/docs/stable/torch.html#reduction-ops
"""

from __future__ import annotations

from conformance.dtype_parameters import DTypeOption
from conformance.model.verdict import Documented
from conformance.operation import ALL, Operation, Parameter, spelled
from conformance.parameters import AnyTensor, Dim, Dims, Flag
from reference import cumulative, reduction
from reference.dtypes import INT8, INT16, INT32, INT64
from reference.function import Function

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"
IN_INTEGERS = DTypeOption(keyword=True, dtypes=(INT64, INT32, INT16, INT8))


def _in_integers(reference: Function, *parameters: Parameter, over_all: bool = False) -> Operation:
    name = reference.name
    return Operation(
        name=f"{name}_all_in_integers" if over_all else f"{name}_in_integers",
        reference=reference,
        spellings=spelled(f"torch.{name}", f"Tensor.{name}", out=not over_all),
        parameters=(AnyTensor(), *parameters, IN_INTEGERS),
        dtypes=ALL,
        values=("normal", "quarters"),
        basis=Documented(
            MANUAL.format(name), "If specified, the input tensor is casted to dtype before the operation is performed."
        ),
    )


OPERATIONS = [
    _in_integers(reduction.sum, Dims(), Flag("keepdim", mostly=True)),
    _in_integers(reduction.sum, over_all=True),
    _in_integers(reduction.prod, Dim(), Flag("keepdim", mostly=True)),
    _in_integers(reduction.prod, over_all=True),
    _in_integers(reduction.cumsum, Dim()),
    _in_integers(cumulative.cumprod, Dim()),
]
