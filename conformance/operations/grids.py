"""Tensors broadcast to each other, and every combination of their elements.

https://docs.pytorch.org/docs/stable/torch.html#other-operations
"""

from __future__ import annotations

from conformance.accuracy import GradientOf
from conformance.choices import Choices
from conformance.index_parameters import Another
from conformance.model.case import Argument
from conformance.model.verdict import Documented
from conformance.operation import ALL, Effect, Operation, spelled
from conformance.parameters import AnyTensor, Choice, Computed, Flag, LikeTensor, Operand
from conformance.size_parameters import ExpandSizes
from conformance.strategies.drawing import Drawing
from reference import grids, slicing

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"
SUMS = GradientOf(1, stored=True)
MOST_SEQUENCES = 2**18
VECTOR = AnyTensor("first", min_ndim=1, max_ndim=1)


def _vector(name: str, *, required: bool = True) -> Another:
    return Another(name, min_ndim=1, max_ndim=1, promoted=False, required=required)


def _length(choices: Choices, drawing: Drawing) -> Argument:
    """Of combinations that are not too many: torch marks those that it takes among all n^r sequences."""
    given = drawing.given("input")
    assert given is not None, "the input is a tensor"
    return choices.choose([r for r in (2, 1, 3, 0, 7) if given.shape[0] ** r <= MOST_SEQUENCES])


OPERATIONS = [
    Operation(
        name="broadcast_to",
        reference=grids.broadcast_to,
        spellings=spelled("torch.broadcast_to", "Tensor.broadcast_to"),
        parameters=(AnyTensor(max_ndim=3), ExpandSizes("size")),
        dtypes=ALL,
        gradient=SUMS,
        effect=Effect.VIEW,
        basis=Documented(
            MANUAL.format("broadcast_to"),
            "Broadcasts input to the shape shape. Equivalent to calling input.expand(shape).",
        ),
    ),
    Operation(
        name="expand_as",
        reference=slicing.expand_as,
        spellings=spelled(method="Tensor.expand_as"),
        parameters=(Operand("input"), LikeTensor("other")),
        dtypes=ALL,
        gradient=SUMS,
        effect=Effect.VIEW,
        basis=Documented(
            MANUAL.format("Tensor.expand_as"),
            "Expand this tensor to the same size as other. self.expand_as(other) is equivalent to"
            " self.expand(other.size()).",
        ),
    ),
    Operation(
        name="broadcast_tensors",
        reference=grids.broadcast_tensors,
        spellings=spelled("torch.broadcast_tensors"),
        parameters=(Operand("first"), Operand("second")),
        dtypes=ALL,
        gradient=SUMS,
        effect=Effect.MAY_VIEW,
        results=2,
        basis=Documented(
            MANUAL.format("broadcast_tensors"),
            "Broadcasts the given tensors according to Broadcasting semantics. More than one element of a broadcasted"
            " tensor may refer to a single memory location.",
        ),
    ),
    Operation(
        name="meshgrid",
        reference=grids.meshgrid,
        spellings=spelled("torch.meshgrid"),
        parameters=(
            AnyTensor("first", max_ndim=1),
            Another("second", max_ndim=1, promoted=False),
            Choice("indexing", ("ij", "xy"), keyword=True, forbidden="yx"),
        ),
        dtypes=ALL,
        gradient=SUMS,
        effect=Effect.MAY_VIEW,
        results=2,
        basis=Documented(
            MANUAL.format("meshgrid"),
            "Given N 1D tensors T_0 ... T_{N-1} as inputs with corresponding sizes S_0 ... S_{N-1}, this creates N"
            " N-dimensional tensors G_0 ... G_{N-1}, each with shape (S_0, ..., S_{N-1}) where the output G_i is"
            " constructed by expanding T_i to the result shape.",
        ),
    ),
    Operation(
        name="cartesian_prod",
        reference=grids.cartesian_prod,
        spellings=spelled("torch.cartesian_prod"),
        parameters=(VECTOR, _vector("second"), _vector("third", required=False)),
        dtypes=ALL,
        gradient=SUMS,
        basis=Documented(
            MANUAL.format("cartesian_prod"),
            "Do cartesian product of the given sequence of tensors. The behavior is similar to python's"
            " itertools.product.",
        ),
    ),
    Operation(
        name="combinations",
        reference=grids.combinations,
        spellings=spelled("torch.combinations"),
        parameters=(
            AnyTensor(min_ndim=1, max_ndim=1, many=False),
            Computed("r", _length, lambda choices, drawing: -1, mostly=True),
            Flag("with_replacement"),
        ),
        dtypes=ALL,
        gradient=SUMS,
        basis=Documented(
            MANUAL.format("combinations"),
            "Compute combinations of length r of the given tensor. The behavior is similar to python's"
            " itertools.combinations when with_replacement is set to False, and itertools.combinations_with_replacement"
            " when with_replacement is set to True.",
        ),
    ),
]
