"""Triangles and diagonals. https://docs.pytorch.org/docs/stable/torch.html#other-operations"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.accuracy import GradientOf
from conformance.choices import Choices
from conformance.dtype_parameters import DTypeOption
from conformance.index_parameters import shape_of
from conformance.model.verdict import Documented
from conformance.operation import ALL, OMITTED, Effect, Omitted, Operation, spelled
from conformance.parameters import AnyTensor, Choice, Computed, Flag, Number, Shaped
from conformance.strategies.drawing import Drawing
from conformance.strategies.numbers import ENDS
from reference import triangles
from reference.dtypes import INT32, INT64

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"
DIAGONAL = Choice("diagonal", (0, 1, -1, 2, -3, 40, -40), required=False)
ANY_DIAGONAL = Choice("diagonal", (0, 1, -1, 2, -3, 40, -40, *ENDS), required=False)
OFFSET = Choice("offset", (0, 1, -1, 2, -3), mostly=True)


def _first_dim(choices: Choices, drawing: Drawing) -> int:
    """A dimension of the result, which has one more than the input."""
    ndim = len(shape_of(drawing)) + 1
    return choices.integer(-ndim, ndim - 1)


def _second_dim(choices: Choices, drawing: Drawing) -> int | Omitted:
    """Another one; left out where the first is."""
    ndim, first = len(shape_of(drawing)) + 1, drawing.arguments.get("dim1")
    if not isinstance(first, int):
        return OMITTED
    return choices.choose([dim for dim in range(-ndim, ndim) if (dim - first) % ndim])


def _same_dim(choices: Choices, drawing: Drawing) -> int:
    first = drawing.arguments.get("dim1", -2)
    assert isinstance(first, int), "dim1 is drawn before dim2"
    return first


def _side(choices: Choices, drawing: Drawing) -> int:
    return choices.integer(0, 6)


def _negative(choices: Choices, drawing: Drawing) -> int:
    return -1


def _triangle(name: str, function: Callable[..., Any], part: str, *, batched: bool) -> Operation:
    """The operation on matrices and rows of them, or on those of two dimensions and more.

    Of the latter, torch writes outside of an ``out=`` that is not contiguous, and may end the process
    (docs/findings/042).
    """
    written = spelled(f"torch.{name}", f"Tensor.{name}", in_place=f"Tensor.{name}_", out=True)
    return Operation(
        name=f"{name}_batched" if batched else name,
        reference=function,
        spellings=spelled(f"torch.{name}", f"Tensor.{name}") if batched else written,
        parameters=(AnyTensor(min_ndim=4 if batched else 2, max_ndim=4 if batched else 3), ANY_DIAGONAL),
        dtypes=ALL,
        gradient=GradientOf(0),
        basis=Documented(
            MANUAL.format(name),
            f"Returns the {part} triangular part of the matrix (2-D tensor) or batch of matrices input, the other"
            " elements of the result tensor out are set to 0.",
        ),
    )


OPERATIONS = [
    *(
        _triangle(name, function, part, batched=batched)
        for name, function, part in (("tril", triangles.tril, "lower"), ("triu", triangles.triu, "upper"))
        for batched in (False, True)
    ),
    *(
        Operation(
            name=f"{name}_indices",
            reference=function,
            spellings=spelled(f"torch.{name}_indices"),
            parameters=(
                Computed("row", _side, _negative),
                Computed("col", _side, _negative),
                Choice("offset", (0, 1, -1, 2, -2, -3, 4, -9, 70, *ENDS), required=False),
                DTypeOption(keyword=True, required=False),
            ),
            dtypes=(INT64, INT32),
            effect=Effect.CREATES,
            basis=Documented(
                MANUAL.format(f"{name}_indices"),
                f"Returns the indices of the {part} triangular part of a row-by-col matrix in a 2-by-N Tensor, where"
                " the first row contains row coordinates of all indices and the second row contains column coordinates."
                " Indices are ordered based on rows and then columns.",
            ),
        )
        for name, function, part in (
            ("tril", triangles.tril_indices, "lower"),
            ("triu", triangles.triu_indices, "upper"),
        )
    ),
    Operation(
        name="diag",
        reference=triangles.diag,
        spellings=spelled("torch.diag", "Tensor.diag", out=True),
        parameters=(AnyTensor(min_ndim=1, max_ndim=2, many=False), DIAGONAL),
        dtypes=ALL,
        gradient=GradientOf(0),
        basis=Documented(
            MANUAL.format("diag"),
            "If input is a vector (1-D tensor), then returns a 2-D square tensor with the elements of input as the"
            " diagonal. If input is a matrix (2-D tensor), then returns a 1-D tensor with the diagonal elements of"
            " input.",
        ),
    ),
    Operation(
        name="diag_embed",
        reference=triangles.diag_embed,
        spellings=spelled("torch.diag_embed", "Tensor.diag_embed"),
        parameters=(
            AnyTensor(min_ndim=1, max_ndim=3, many=False),
            OFFSET,
            Computed("dim1", _first_dim, mostly=True),
            Computed("dim2", _second_dim, _same_dim),
        ),
        dtypes=ALL,
        gradient=GradientOf(0),
        basis=Documented(
            MANUAL.format("diag_embed"),
            "Creates a tensor whose diagonals of certain 2D planes (specified by dim1 and dim2) are filled by input.",
        ),
    ),
    Operation(
        name="diagflat",
        reference=triangles.diagflat,
        spellings=spelled("torch.diagflat", "Tensor.diagflat"),
        parameters=(AnyTensor(max_ndim=2, many=False), OFFSET),
        dtypes=ALL,
        gradient=GradientOf(0),
        basis=Documented(
            MANUAL.format("diagflat"),
            "If input is a tensor with more than one dimension, then returns a 2-D tensor with diagonal elements equal"
            " to a flattened input.",
        ),
    ),
    Operation(
        name="fill_diagonal_",
        reference=triangles.fill_diagonal_,
        written=triangles.fill_diagonal_,
        spellings=spelled(in_place="Tensor.fill_diagonal_"),
        parameters=(
            Shaped("input", ("rows", "columns"), high=9),
            Number("fill_value", (1, 0, 3, True), beyond=True, precise=True, held=True),
            Flag("wrap"),
        ),
        dtypes=ALL,
        effect=Effect.WRITES,
        basis=Documented(
            MANUAL.format("Tensor.fill_diagonal_"),
            "Fill the main diagonal of a tensor that has at least 2-dimensions. wrap: the diagonal 'wrapped' after N"
            " columns for tall matrices.",
        ),
    ),
]
