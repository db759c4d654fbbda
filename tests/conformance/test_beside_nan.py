"""Beside NaN: what another element, or another row, has of a gradient is what it has without."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from conformance.choices import SeededChoices
from conformance.model.case import BACKWARD, Argument, Case, Input, Literal, Ref, Step
from conformance.model.verdict import Outcome
from conformance.operation import Form
from conformance.operations import find
from conformance.properties.beside_nan import PROPERTY
from conformance.strategies.cases import draw_case
from reference.dtypes import FLOAT32
from reference.layout import contiguous_strides

torch = pytest.importorskip("torch")

from conformance.targets.torch.eager import TorchTarget  # noqa: E402 - only where torch is installed


def given(name: str, values: Any, *, tracked: bool = False) -> Input:
    array = np.array(values, np.float32)
    strides = contiguous_strides(array.shape)
    return Input(name, array.shape, "float32", strides, 0, array.size, Literal(array.tobytes()), requires_grad=tracked)


MATRIX = given("x", [[1.0, np.nan, 3.0], [4.0, 5.0, 6.0]], tracked=True)
ROW = given("y", [2.0, 3.0, 4.0], tracked=True)


def pulled(name: str, *args: Argument, shape: tuple[int, ...], inputs: tuple[Input, ...] = (MATRIX,)) -> Case:
    steps = (
        Step(name, Form.FUNCTION, args, (), ("result",)),
        Step(BACKWARD, Form.METHOD, (Ref("result"), Ref("cotangent"))),
    )
    return Case((*inputs, given("cotangent", np.ones(shape))), steps)


class Spoiling(TorchTarget):
    """Torch, but that one element of a gradient is another where there is NaN."""

    def __init__(self, name: str, place: tuple[int, ...]) -> None:
        super().__init__("cpu")
        self.spoiled, self.place = name, place

    def run(self, case: Case, *, every_step: bool = False) -> Any:
        trace = super().run(case, every_step=every_step)
        grad = trace.last.variables[self.spoiled].grad
        if grad is not None and np.isnan(np.frombuffer(case.inputs[0].values.data, np.float32)).any():  # type: ignore[union-attr]
            grad[self.place] = 7
        return trace


@pytest.mark.parametrize(
    ("case", "name", "place", "outcome"),
    [
        (pulled("exp", Ref("x"), shape=(2, 3)), "x", (0, 1), Outcome.HELD),
        (pulled("exp", Ref("x"), shape=(2, 3)), "x", (0, 0), Outcome.BROKE),
        (pulled("mul", Ref("x"), Ref("y"), shape=(2, 3), inputs=(MATRIX, ROW)), "y", (1,), Outcome.HELD),
        (pulled("mul", Ref("x"), Ref("y"), shape=(2, 3), inputs=(MATRIX, ROW)), "y", (2,), Outcome.BROKE),
        (pulled("softmax", Ref("x"), 1, shape=(2, 3)), "x", (0, 0), Outcome.HELD),
        (pulled("softmax", Ref("x"), 1, shape=(2, 3)), "x", (1, 0), Outcome.BROKE),
        (pulled("softmax", Ref("x"), 0, shape=(2, 3)), "x", (1, 1), Outcome.HELD),
        (pulled("softmax", Ref("x"), 0, shape=(2, 3)), "x", (1, 0), Outcome.BROKE),
        (pulled("sum", Ref("x"), (0, 1), shape=()), "x", (1, 0), Outcome.HELD),
    ],
)
def test_only_what_meets_nan_may_be_another(case: Case, name: str, place: tuple[int, ...], outcome: Outcome) -> None:
    assert PROPERTY.examine(case, TorchTarget("cpu")).outcome is Outcome.HELD
    assert PROPERTY.examine(case, Spoiling(name, place)).outcome is outcome


@pytest.mark.parametrize("name", ["exp", "mul", "cumsum", "softmax"])
def test_one_element_of_a_tracked_input_is_nan(name: str) -> None:
    found = 0
    for seed in range(20):
        choices = SeededChoices(seed)
        for case in PROPERTY.derive(draw_case(choices, find(name), FLOAT32), find(name), choices):
            missing = [
                np.isnan(np.frombuffer(one.values.data, one.dtype)).sum()
                for one in case.inputs
                if isinstance(one.values, Literal)
            ]
            assert missing == [1]
            found += 1
    assert found > 5
