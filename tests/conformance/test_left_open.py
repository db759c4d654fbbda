"""Gradients that are left open: where rounding decides which of two right ones it is."""

from __future__ import annotations

import numpy as np
import pytest

from conformance.model.case import BACKWARD, Case, Input, Literal, Ref, Step
from conformance.model.verdict import Outcome
from conformance.operation import Form
from conformance.operations import find
from conformance.properties.gradient import PROPERTY
from conformance.targets.torch.eager import TorchTarget

UNEVEN = 0.8484765
"""Three of it in float32 have a mean that is another number."""


def pulled(name: str, elements: list[float]) -> Case:
    """A call of three numbers, and a backward pass from its first result."""
    numbers, one = (Literal(np.array(values, np.float32).tobytes()) for values in (elements, [1.0]))
    inputs = (
        Input("input", (3,), "float32", (1,), 0, 3, numbers, requires_grad=True),
        Input("cotangent", (), "float32", (), 0, 1, one),
    )
    count = find(name).results
    results = ("result",) if count == 1 else tuple(f"result{place}" for place in range(count))
    steps = (
        Step(name, Form.FUNCTION, (Ref("input"),), (), results),
        Step(BACKWARD, Form.METHOD, (Ref(results[0]), Ref("cotangent"))),
    )
    return Case(inputs, steps)


@pytest.mark.parametrize(
    ("name", "elements", "outcome"),
    [
        ("std", [UNEVEN] * 3, Outcome.INAPPLICABLE),
        ("std_mean", [UNEVEN] * 3, Outcome.INAPPLICABLE),
        ("std", [UNEVEN, UNEVEN, 1.0], Outcome.HELD),
        ("var", [UNEVEN] * 3, Outcome.HELD),
        ("max_all", [1.0, 1.0, 2.0], Outcome.HELD),
    ],
)
def test_a_gradient_where_a_deviation_is_lost_or_elements_are_equal(
    name: str, elements: list[float], outcome: Outcome
) -> None:
    assert PROPERTY.examine(pulled(name, elements), TorchTarget("cpu")).outcome is outcome
