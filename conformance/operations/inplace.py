"""Writes. https://docs.pytorch.org/docs/stable/tensors.html"""

from __future__ import annotations

from conformance.accuracy import GradientOf
from conformance.choices import Choices
from conformance.model.case import Argument
from conformance.model.verdict import Documented
from conformance.operation import MADE, STORED, Effect, Omitted, Operation, spelled
from conformance.parameters import AnyTensor, Computed, Flag, LikeTensor, not_held
from conformance.strategies.drawing import Drawing
from conformance.strategies.numbers import filling_extremes_of, precise_of
from reference import inplace
from reference.dtypes import FLOAT8_E8M0FNU, FLOATING, INTEGRAL, Category

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.Tensor.{}.html"
TARGET = AnyTensor(writeable=True)


def _value(choices: Choices, drawing: Drawing) -> Argument:
    """A number that the dtype holds: a fraction is cut by an integral one."""
    if drawing.dtype is FLOAT8_E8M0FNU:
        return choices.choose((1, 2, 0.5, True))
    if drawing.extremes and drawing.dtype in (*INTEGRAL, *FLOATING) and choices.flag(35):
        return choices.choose(filling_extremes_of(drawing.dtype))
    if drawing.dtype.is_differentiable and choices.flag(25):
        return choices.choose(precise_of(drawing.dtype))
    return choices.choose(
        (1, 2, 0, 3, 0.5, 2.0, 10, True, 2j)[: 9 if drawing.dtype.category is Category.COMPLEX else 8]
    )


def _no_number(choices: Choices, drawing: Drawing) -> Argument:
    """Words, or a number that the dtype cannot hold."""
    number = not_held(choices, drawing)
    return "one" if isinstance(number, Omitted) or choices.flag() else number


OPERATIONS = [
    Operation(
        name="fill_",
        reference=inplace.fill_,
        written=inplace.fill_,
        spellings=spelled(in_place="Tensor.fill_"),
        parameters=(TARGET, Computed("value", _value, _no_number)),
        dtypes=STORED,
        gradient=GradientOf(0),
        effect=Effect.WRITES,
        basis=Documented(MANUAL.format("fill_"), "Fills self tensor with the specified value."),
    ),
    Operation(
        name="zero_",
        reference=inplace.zero_,
        written=inplace.zero_,
        spellings=spelled(in_place="Tensor.zero_"),
        parameters=(TARGET,),
        dtypes=MADE,
        gradient=GradientOf(0),
        effect=Effect.WRITES,
        basis=Documented(MANUAL.format("zero_"), "Fills self tensor with zeros."),
    ),
    Operation(
        name="copy_",
        reference=inplace.copy_,
        written=inplace.copy_,
        spellings=spelled(in_place="Tensor.copy_"),
        parameters=(TARGET, LikeTensor("src", broadcast=True), Flag("non_blocking")),
        dtypes=STORED,
        gradient=GradientOf(2),
        effect=Effect.WRITES,
        basis=Documented(
            MANUAL.format("copy_"),
            "The src tensor must be broadcastable with the self tensor. It may be of a different data type.",
        ),
    ),
    Operation(
        name="detach_",
        reference=inplace.detach_,
        written=inplace.detach_,
        spellings=spelled(in_place="Tensor.detach_"),
        parameters=(AnyTensor(),),
        dtypes=STORED,
        effect=Effect.RECORDS,
        basis=Documented(
            MANUAL.format("detach_"), "Detaches the Tensor from the graph that created it, making it a leaf."
        ),
    ),
]
