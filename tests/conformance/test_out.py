"""out= over the memory of an input: refused, or written with the right values."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from conformance.model.case import Case, Input, Ref, Step
from conformance.model.verdict import Outcome
from conformance.operation import Form
from conformance.properties import every_property
from conformance.values import literal
from reference.dtypes import BY_NAME
from tests.conformance.planted.planting import OUT, Fault, FaultyTarget


def over_the_exponents(real: Any, *args: Any, out: torch.Tensor) -> torch.Tensor:
    """Written one by one, so that the second exponent is the first result."""
    for place in range(len(out)):
        real(args[0], args[1][place : place + 1], out=out[place : place + 1])
    return out


def as_it_is(real: Any, *args: Any, **kwargs: Any) -> Any:
    return real(*args, **kwargs)


def case() -> Case:
    """Exponents of float32 whose last two are overwritten with a result of float64, which is cast."""
    inputs = tuple(
        Input(name, (len(values),), dtype, (1,), 0, len(values), literal(np.array(values, BY_NAME[dtype].numpy)))
        for name, dtype, values in (("input", "float64", [3.0]), ("other", "float32", [1.0, 2.0, 3.0]))
    )
    parts = (
        Step("narrow", Form.FUNCTION, (Ref("other"), 0, 1, 2), results=("out",)),
        Step("narrow", Form.FUNCTION, (Ref("other"), 0, 0, 2), results=("other_part",)),
    )
    call = Step("ldexp_by_any", Form.OUT, (Ref("input"), Ref("other_part")), (("out", Ref("out")),), ("result",))
    return Case(inputs, (*parts, call))


def outcome(plant: Any) -> Outcome:
    target = FaultyTarget(Fault("", "", "ldexp_by_any", "out", plant, OUT))
    return every_property()["out"].examine(case(), target).outcome


def test_what_is_right_and_cast_need_not_be_refused() -> None:
    assert outcome(as_it_is) is Outcome.HELD


def test_what_is_overwritten_before_it_is_read_must_be() -> None:
    assert outcome(over_the_exponents) is Outcome.BROKE
