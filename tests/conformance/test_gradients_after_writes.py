"""Saved: what is written between a call and its backward pass may change the order of a sum, and no more."""

from __future__ import annotations

import numpy as np
import pytest

from conformance.model.case import BACKWARD, Case, Dots, Input, Literal, Ref, Step
from conformance.model.verdict import Outcome
from conformance.operation import Form
from conformance.properties.aliasing import fill
from conformance.properties.saved import PROPERTY
from reference.layout import contiguous_strides

torch = pytest.importorskip("torch")

from conformance.targets.torch.eager import TorchTarget  # noqa: E402 - only where torch is installed


def given(name: str, values: list[list[float]], *, tracked: bool = False) -> Input:
    array = np.array(values, np.float32)
    strides = contiguous_strides(array.shape)
    return Input(name, array.shape, "float32", strides, 0, array.size, Literal(array.tobytes()), requires_grad=tracked)


FIRST = given("first", [[2.0, -1.418, 0.0, -2.0], [0.0, -1.0, -2.1, 0.0]])
SECOND = given("second", [[0.0] * 4] * 4, tracked=True)
COTANGENT = given("cotangent", [[6.0, 0.0], [-2.0, 0.0], [0.0, 1.0], [5.0, 0.0]])
SUMS = Step("einsum_by_sublists", Form.FUNCTION, (Ref("first"), [0, Dots()], Ref("second"), [27, 27]), (), ("result",))
BACK = Step(BACKWARD, Form.METHOD, (Ref("result"), Ref("cotangent")))
WRITTEN = Case((FIRST, SECOND, COTANGENT), (SUMS, fill("result"), BACK))


def test_a_written_view_may_have_its_gradient_added_up_in_another_order() -> None:
    assert PROPERTY.examine(WRITTEN, TorchTarget("cpu")).outcome is Outcome.HELD


def test_a_gradient_beyond_its_bound_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    correct = torch.Tensor.backward

    def spoiled(self: torch.Tensor, *given: torch.Tensor) -> None:
        correct(self, *(one * (1.001 if self._version else 1) for one in given))

    monkeypatch.setattr(torch.Tensor, "backward", spoiled)
    assert PROPERTY.examine(WRITTEN, TorchTarget("cpu")).outcome is Outcome.BROKE
