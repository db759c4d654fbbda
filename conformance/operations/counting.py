"""Distinct elements, counts of integers. https://docs.pytorch.org/docs/stable/torch.html#other-operations"""

from __future__ import annotations

from conformance.accuracy import GradientOf, Selected, Summation
from conformance.model.verdict import Documented
from conformance.operation import REAL, Operation, Parameter, spelled
from conformance.parameters import AnyTensor, Choice, Dim, LikeTensor
from reference import counting
from reference.dtypes import INTEGRAL
from reference.function import Function

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"
COUNTED = (
    Choice("return_inverse", (True,), keyword=True),
    Choice("return_counts", (True,), keyword=True),
)
DIM = Dim(keyword=True)
COMPARABLE = ("small", "positive", "normal", "gaps")


def _distinct(reference: Function, claim: str) -> tuple[Operation, ...]:
    """The forms of unique: alone or counted, of elements or of slices."""
    name = reference.name

    def form(suffix: str, parameters: tuple[Parameter, ...], results: int, values: tuple[str, ...]) -> Operation:
        return Operation(
            name=name + suffix,
            reference=reference,
            spellings=spelled(f"torch.{name}", f"Tensor.{name}"),
            parameters=(AnyTensor(), *parameters),
            dtypes=REAL,
            accuracy=Selected(),
            gradient=GradientOf(0),
            results=results,
            values=values,
            basis=Documented(MANUAL.format(name), claim),
        )

    return (
        form("", (), 1, ()),
        form("_counted", COUNTED, 3, ()),
        form("_dim", (DIM,), 1, COMPARABLE),
        form("_dim_counted", (*COUNTED, DIM), 3, COMPARABLE),
    )


OPERATIONS = [
    *_distinct(counting.unique, "Returns the unique elements of the input tensor, sorted in ascending order."),
    *_distinct(
        counting.unique_consecutive,
        "Eliminates all but the first element from every consecutive group of equivalent elements.",
    ),
    Operation(
        name="bincount",
        reference=counting.bincount,
        spellings=spelled("torch.bincount", "Tensor.bincount"),
        parameters=(
            AnyTensor(min_ndim=1, max_ndim=1),
            LikeTensor("weights", dtypes=REAL, required=False),
            Choice("minlength", (0, 3, 12, 500), forbidden=-1, required=False),
        ),
        dtypes=INTEGRAL,
        accuracy=Summation(),
        values=("positive", "small"),
        basis=Documented(
            MANUAL.format("bincount"),
            "Counts the frequency of each value in an array of non-negative ints; out[n] += weights[i] with weights.",
        ),
    ),
]
