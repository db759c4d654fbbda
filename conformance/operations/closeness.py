"""Whether tensors are equal, or nearly. https://docs.pytorch.org/docs/stable/torch.html#comparison-ops"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from conformance.choices import Choices
from conformance.model.case import Input, Ref
from conformance.model.verdict import Documented
from conformance.operation import ALL, REAL_NUMERIC, Effect, Operation, spelled
from conformance.parameters import AnyTensor, Choice, Computed, Flag, Number, Operand
from conformance.strategies.drawing import Drawing
from conformance.strategies.numbers import draw_number
from conformance.strategies.shapes import draw_long_shape, draw_shape
from conformance.values import literal
from reference import closeness

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"


def _twin(choices: Choices, drawing: Drawing) -> Any:
    """The first operand itself, a copy of it, or any other tensor: of random ones, no two would ever be equal."""
    first = drawing.inputs[0]
    if choices.flag(20):
        return Ref(first.name)
    if choices.flag(60):
        return drawing.add(replace(first, name="other"))
    return drawing.tensor("other", first.shape, drawing.operand_dtype())


def _among(choices: Choices, drawing: Drawing) -> Any:
    """What is looked for, of any shape and dtype; also a number, which the dtype may be too narrow for."""
    if choices.flag(25):
        return choices.choose((300, draw_number(choices, drawing)))
    shape = draw_long_shape(choices) if choices.flag(20) else draw_shape(choices)
    return drawing.tensor("test_elements", shape, drawing.operand_dtype())


def _without_repetition(name: str) -> Callable[[Choices, Drawing], Ref]:
    """Consecutive numbers, the largest first."""

    def draw(choices: Choices, drawing: Drawing) -> Ref:
        start, count = choices.integer(0, 40), choices.choose((0, 1, 2, 5, 17, 80))
        values = literal(np.arange(start + count, start, -1).astype(drawing.dtype.numpy))
        return drawing.add(Input(name, (count,), drawing.dtype.name, (1,), 0, count, values))

    return draw


_ISIN = "True for elements in test_elements and False otherwise"

OPERATIONS = [
    Operation(
        name="isclose",
        reference=closeness.isclose,
        spellings=spelled("torch.isclose", "Tensor.isclose"),
        parameters=(
            Operand("input"),
            Operand("other"),
            Choice("rtol", (0.0, 1e-05, 0.25), keyword=True, required=False, forbidden=-1.0),
            Choice("atol", (0.0, 1e-08, 1.0, 2.5), keyword=True, required=False, forbidden=-1.0),
            Flag("equal_nan", keyword=True),
        ),
        dtypes=ALL,
        basis=Documented(MANUAL.format("isclose"), "|input_i - other_i| <= rtol * |other_i| + atol"),
    ),
    Operation(
        name="allclose",
        reference=closeness.allclose,
        spellings=spelled("torch.allclose", "Tensor.allclose"),
        parameters=(
            Operand("input", mode="small"),
            Computed("other", _twin),
            Choice("rtol", (0.0, 1e-05), keyword=True, required=False, forbidden=-1.0),
            Choice("atol", (0.0, 1e-08, 16.5), keyword=True, required=False, forbidden=-1.0),
            Flag("equal_nan", keyword=True),
        ),
        dtypes=ALL,
        effect=Effect.EXTRACTS,
        basis=Documented(MANUAL.format("allclose"), "|input_i - other_i| <= atol + rtol * |other_i| for all elements"),
    ),
    Operation(
        name="equal",
        reference=closeness.equal,
        spellings=spelled("torch.equal", "Tensor.equal"),
        parameters=(Operand("input"), Computed("other", _twin)),
        dtypes=ALL,
        effect=Effect.EXTRACTS,
        basis=Documented(
            MANUAL.format("equal"), "True if two tensors have the same size and elements, False otherwise."
        ),
    ),
    Operation(
        name="isin",
        reference=closeness.isin,
        spellings=spelled("torch.isin", out=True),
        parameters=(
            AnyTensor("elements"),
            Computed("test_elements", _among, by_place=True),
            Flag("invert", keyword=True),
        ),
        dtypes=REAL_NUMERIC,
        basis=Documented(MANUAL.format("isin"), _ISIN),
    ),
    Operation(
        name="isin_of_number",
        reference=closeness.isin,
        spellings=spelled("torch.isin"),
        parameters=(Number("elements"), AnyTensor("test_elements"), Flag("invert", keyword=True)),
        dtypes=REAL_NUMERIC,
        basis=Documented(MANUAL.format("isin"), _ISIN),
    ),
    Operation(
        name="isin_unique",
        reference=closeness.isin,
        spellings=spelled("torch.isin"),
        parameters=(
            Computed("elements", _without_repetition("elements")),
            Computed("test_elements", _without_repetition("test_elements")),
            Choice("assume_unique", (True,), keyword=True),
            Flag("invert", keyword=True),
        ),
        dtypes=REAL_NUMERIC,
        basis=Documented(MANUAL.format("isin"), _ISIN),
    ),
]
