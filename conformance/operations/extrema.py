"""Largest and smallest elements. https://docs.pytorch.org/docs/stable/torch.html#reduction-ops"""

from __future__ import annotations

from conformance.accuracy import GradientOf, Reduced, Selected
from conformance.model.verdict import Documented
from conformance.operation import REAL, REAL_NUMERIC, Operation, spelled
from conformance.parameters import AnyTensor, Dim, Dims, Flag, Operand
from reference import extrema, selection

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"
KEEPDIM = Flag("keepdim", mostly=True)

OPERATIONS = [
    Operation(
        name="max",
        reference=extrema.max,
        spellings=spelled("torch.max", "Tensor.max", out=True),
        parameters=(AnyTensor(), Dim(), KEEPDIM),
        dtypes=REAL,
        accuracy=Selected(),
        gradient=GradientOf(0),
        results=2,
        basis=Documented(
            MANUAL.format("max"),
            "The indices of the first maximal value are returned if there are multiple maximal values in a row.",
        ),
    ),
    Operation(
        name="max_all",
        reference=extrema.max,
        spellings=spelled("torch.max", "Tensor.max"),
        parameters=(AnyTensor(),),
        dtypes=REAL,
        accuracy=Selected(),
        gradient=GradientOf(2),
        basis=Documented(MANUAL.format("max"), "Returns the maximum value of all elements in the input tensor."),
    ),
    Operation(
        name="min",
        reference=extrema.min,
        spellings=spelled("torch.min", "Tensor.min", out=True),
        parameters=(AnyTensor(), Dim(), KEEPDIM),
        dtypes=REAL,
        accuracy=Selected(),
        gradient=GradientOf(0),
        results=2,
        basis=Documented(
            MANUAL.format("min"),
            "The indices of the first minimal value are returned if there are multiple minimal values in a row.",
        ),
    ),
    Operation(
        name="amax",
        reference=extrema.amax,
        spellings=spelled("torch.amax", "Tensor.amax", out=True),
        parameters=(AnyTensor(), Dims(mostly=True), KEEPDIM),
        dtypes=REAL,
        accuracy=Selected(),
        gradient=GradientOf(2),
        basis=Documented(MANUAL.format("amax"), "amax/amin evenly distributes gradient between equal values."),
    ),
    Operation(
        name="amin",
        reference=extrema.amin,
        spellings=spelled("torch.amin", "Tensor.amin", out=True),
        parameters=(AnyTensor(), Dims(mostly=True), KEEPDIM),
        dtypes=REAL,
        accuracy=Selected(),
        gradient=GradientOf(2),
        basis=Documented(MANUAL.format("amin"), "amax/amin evenly distributes gradient between equal values."),
    ),
    Operation(
        name="argmax",
        reference=extrema.argmax,
        spellings=spelled("torch.argmax", "Tensor.argmax"),
        parameters=(AnyTensor(), Dim(mostly=True), Flag("keepdim", mostly=True)),
        dtypes=REAL_NUMERIC,
        accuracy=Reduced(),
        basis=Documented(
            MANUAL.format("argmax"),
            "If there are multiple maximal values then the indices of the first maximal value are returned.",
        ),
    ),
    Operation(
        name="argmin",
        reference=extrema.argmin,
        spellings=spelled("torch.argmin", "Tensor.argmin"),
        parameters=(AnyTensor(), Dim(mostly=True), Flag("keepdim", mostly=True)),
        dtypes=REAL_NUMERIC,
        accuracy=Reduced(),
        basis=Documented(
            MANUAL.format("argmin"),
            "If there are multiple minimal values then the indices of the first minimal value are returned.",
        ),
    ),
    Operation(
        name="min_all",
        reference=extrema.min,
        spellings=spelled("torch.min", "Tensor.min"),
        parameters=(AnyTensor(),),
        dtypes=REAL,
        accuracy=Selected(),
        gradient=GradientOf(2),
        basis=Documented(MANUAL.format("min"), "Returns the minimum value of all elements in the input tensor."),
    ),
    Operation(
        name="aminmax",
        reference=extrema.aminmax,
        spellings=spelled("torch.aminmax", "Tensor.aminmax", out=True),
        parameters=(AnyTensor(), Dim(keyword=True, mostly=True), KEEPDIM),
        dtypes=REAL,
        accuracy=Selected(),
        gradient=GradientOf(2),
        results=2,
        basis=Documented(MANUAL.format("aminmax"), "Computes the minimum and maximum values of the input tensor."),
    ),
    *(
        Operation(
            name=f"{name}_of_two",
            reference=reference,
            spellings=spelled(f"torch.{name}", f"Tensor.{name}", out=True),
            parameters=(Operand("input"), Operand("other")),
            dtypes=REAL,
            accuracy=Selected(),
            gradient=GradientOf(1),
            basis=Documented(MANUAL.format(name), f"torch.{name}(input, other): See torch.{reference.name}()."),
        )
        for name, reference in (("max", selection.maximum), ("min", selection.minimum))
    ),
]
