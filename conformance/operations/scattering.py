"""Elements written or reduced to the places that an index names along a dimension.

https://docs.pytorch.org/docs/stable/generated/torch.Tensor.scatter_.html
"""

from __future__ import annotations

from conformance.accuracy import Accuracy, GradientOf, Product, Selected, Summation
from conformance.choices import Choices
from conformance.index_parameters import LONGEST, Fitting, Indices, shape_of, size_along, within_input
from conformance.model.verdict import Documented
from conformance.operation import ALL, NUMERIC, REAL, Operation, spelled
from conformance.parameters import AnyTensor, Choice, Dim, Flag, Number
from conformance.strategies.drawing import Drawing
from conformance.strategies.shapes import Shape
from reference import scattering
from reference.dtypes import DType

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"
FACTORS = LONGEST + 1
"""The most values that one place can have: one of each index along the dimension, and what was there."""
STORED = Summation(stored=True)
FACTOR = Number("value", (1, 0, 3, 2), beyond=True, precise=True, by_place=True)


def _like_index(choices: Choices, drawing: Drawing) -> Shape:
    return shape_of(drawing, "index")


def _index(*, distinct: bool = False) -> Indices:
    return Indices("index", within_input, size_along, along=True, distinct=distinct)


def _reduced(kinds: tuple[str, ...], accuracy: Accuracy, dtypes: tuple[DType, ...], *values: str) -> Operation:
    """``scatter_reduce`` with the reductions that one bound is for."""
    kind = {"amax": "extremum"}.get(kinds[0], kinds[0])
    return Operation(
        name=f"scatter_reduce_{kind}",
        reference=scattering.scatter_reduce,
        spellings=spelled("torch.scatter_reduce", "Tensor.scatter_reduce", in_place="Tensor.scatter_reduce_", out=True),
        parameters=(
            AnyTensor(),
            Dim(),
            _index(),
            Fitting("src", _like_index, larger=True),
            Choice("reduce", kinds, forbidden="median"),
            Flag("include_self", keyword=True),
        ),
        dtypes=dtypes,
        values=values,
        accuracy=accuracy,
        gradient=GradientOf(2 * FACTORS, stored=True),
        basis=Documented(
            MANUAL.format("Tensor.scatter_reduce_"),
            "Reduces all values from the src tensor to the indices specified in the index tensor in the self tensor"
            " using the applied reduction defined via the reduce argument. If include_self is True, the values in the"
            " self tensor are included in the reduction.",
        ),
    )


OPERATIONS = [
    Operation(
        name="scatter",
        reference=scattering.scatter,
        spellings=spelled("torch.scatter", "Tensor.scatter", in_place="Tensor.scatter_", out=True),
        parameters=(AnyTensor(), Dim(), _index(distinct=True), Fitting("src", _like_index, larger=True)),
        dtypes=ALL,
        gradient=GradientOf(0),
        basis=Documented(
            MANUAL.format("Tensor.scatter_"),
            "self[index[i][j][k]][j][k] = src[i][j][k]  # if dim == 0. When indices are not unique, the behavior is"
            " non-deterministic. The backward pass is implemented only for src.shape == index.shape.",
        ),
    ),
    Operation(
        name="scatter_number",
        reference=scattering.scatter,
        spellings=spelled("torch.scatter", "Tensor.scatter", in_place="Tensor.scatter_", out=True),
        parameters=(
            AnyTensor(),
            Dim(),
            _index(),
            Number("value", (1, 0, 3, True, 2), beyond=True, precise=True, held=True, by_place=True),
        ),
        dtypes=ALL,
        gradient=GradientOf(0),
        basis=Documented(
            MANUAL.format("Tensor.scatter_"),
            "Writes all values from the tensor src into self at the indices specified in the index tensor. value: the"
            " source element(s) to scatter, as a number.",
        ),
    ),
    *(
        Operation(
            name=f"scatter_{reduce}_{given}",
            reference=scattering.scatter,
            spellings=spelled("torch.scatter", "Tensor.scatter", in_place="Tensor.scatter_", out=True),
            parameters=(
                AnyTensor(),
                Dim(),
                _index(),
                FACTOR if given == "number" else Fitting("src", _like_index, larger=True),
                Choice("reduce", (reduce,), keyword=True, forbidden="sum"),
            ),
            dtypes=ALL,
            values=("small", "gaps"),
            accuracy=accuracy,
            gradient=GradientOf(0),
            basis=Documented(
                MANUAL.format("Tensor.scatter_"),
                "Additionally accepts an optional reduce argument that allows specification of an optional reduction"
                " operation, which is applied to all values in the tensor src into self at the indices specified.",
            ),
        )
        for given in ("number", "tensor")
        for reduce, accuracy in (("add", STORED), ("multiply", Product(FACTORS)))
    ),
    Operation(
        name="scatter_add",
        reference=scattering.scatter_add,
        spellings=spelled("torch.scatter_add", "Tensor.scatter_add", in_place="Tensor.scatter_add_", out=True),
        parameters=(AnyTensor(), Dim(), _index(), Fitting("src", _like_index, larger=True)),
        dtypes=ALL,
        accuracy=STORED,
        gradient=GradientOf(0),
        basis=Documented(
            MANUAL.format("Tensor.scatter_add_"),
            "Adds all values from the tensor src into self at the indices specified in the index tensor in a similar"
            " fashion as scatter_().",
        ),
    ),
    Operation(
        name="scatter_add_by_expanded",
        reference=scattering.scatter_add,
        spellings=spelled("torch.scatter_add", "Tensor.scatter_add", in_place="Tensor.scatter_add_", out=True),
        parameters=(
            AnyTensor(min_ndim=2),
            Choice("dim", (0,)),
            Indices("index", within_input, size_along, along=True, expanded=True),
            Fitting("src", _like_index, larger=True),
        ),
        dtypes=ALL,
        accuracy=STORED,
        gradient=GradientOf(0),
        basis=Documented(
            MANUAL.format("Tensor.scatter_add_"), "self[index[i][j][k]][j][k] += src[i][j][k]  # if dim == 0"
        ),
    ),
    _reduced(("sum",), STORED, ALL),
    _reduced(("prod",), Product(FACTORS), ALL, "small", "positive", "gaps"),
    _reduced(("mean",), Summation(integers=False, stored=True), NUMERIC, "normal", "small", "gaps"),
    _reduced(("amax", "amin"), Selected(), REAL),
]
