"""The root of a sum is off by less than the sum, a higher power by more."""

from __future__ import annotations

import numpy as np
import pytest

from conformance.examine import REFERENCE
from conformance.model.case import BACKWARD, Case, Input, Ref, Step
from conformance.model.verdict import Outcome
from conformance.operation import Form
from conformance.operations import find
from conformance.properties.gradient import PROPERTY
from conformance.standard import standard_for
from conformance.targets.torch.eager import TorchTarget
from conformance.values import literal


@pytest.mark.parametrize(("order", "times"), [(0.5, 2), (1, 1), (2, 1), (3, 1)])
def test_the_sum_of_a_norm_counts_by_its_power(order: float, times: float) -> None:
    given = Input("x", (2,), "float64", (1,), 0, 2, literal(np.array([3.0, 4.0])))
    case = Case((given,), (Step("vector_norm", Form.FUNCTION, (Ref("x"), order), results=("result",)),))
    standard = standard_for(find("vector_norm"), case, REFERENCE.run(case))
    assert standard.magnitude is not None
    norm = (3**order + 4**order) ** (1 / order)
    assert float(standard.magnitude()) == pytest.approx(times * norm, rel=1e-15)


def test_the_gradient_of_a_norm_is_off_by_its_power() -> None:
    """The norm of order 20 is off by one ulp, and its power by nineteen."""
    inputs = (
        Input("input", (2,), "complex128", (1,), 0, 2, literal(np.array([-8, -1 - 3j])), requires_grad=True),
        Input("cotangent", (), "float64", (), 0, 1, literal(np.array([1.0]))),
    )
    backward = Step(BACKWARD, Form.METHOD, (Ref("result"), Ref("cotangent")))
    case = Case(inputs, (Step("norm", Form.FUNCTION, (Ref("input"), 20), results=("result",)), backward))
    assert PROPERTY.examine(case, TorchTarget("cpu")).outcome is Outcome.HELD
    standard = standard_for(find("norm"), case, REFERENCE.run(case))
    assert standard.gradient_scale is not None
    assert standard.gradient_scale("input").power == 19
