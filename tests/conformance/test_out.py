"""out= over the memory of an input: refused, or written with the right values. out= of another dtype."""

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


def cast_first(real: Any, given: torch.Tensor, *, out: torch.Tensor) -> torch.Tensor:
    return out.copy_(real(given.to(out.dtype)))


def cast_afterwards(real: Any, given: torch.Tensor, *, out: torch.Tensor) -> torch.Tensor:
    return out.copy_(real(given))


def truth() -> Case:
    """Two fractions, of which both are true, and an out= that holds no fractions."""
    inputs = tuple(
        Input(name, shape, dtype, (1,) * len(shape), 0, len(values), literal(np.array(values, BY_NAME[dtype].numpy)))
        for name, shape, dtype, values in (("input", (2,), "float32", [0.5, 0.25]), ("out", (), "uint8", [7]))
    )
    call = Step("all_all", Form.OUT, (Ref("input"),), (("out", Ref("out")),), ("result",))
    return Case(inputs, (call,))


def outcome(plant: Any, given: Case | None = None) -> Outcome:
    examined = given or case()
    target = FaultyTarget(Fault("", "", examined.main.operation, "out", plant, OUT))
    return every_property()["out"].examine(examined, target).outcome


def test_what_is_right_and_cast_need_not_be_refused() -> None:
    assert outcome(as_it_is) is Outcome.HELD


def test_what_is_overwritten_before_it_is_read_must_be() -> None:
    assert outcome(over_the_exponents) is Outcome.BROKE


def test_what_is_true_is_true_in_every_dtype() -> None:
    assert outcome(cast_afterwards, truth()) is Outcome.HELD
    assert outcome(cast_first, truth()) is Outcome.BROKE
