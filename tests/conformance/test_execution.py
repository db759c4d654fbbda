"""An execution binds what a step returns, says how one was refused, and shows its variables once they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from conformance.model.case import Case, Ref, Step
from conformance.model.observation import Refused, Seen
from conformance.targets.execution import Execution, Live
from conformance.targets.reference import ReferenceTarget
from conformance.targets.torch.eager import TorchTarget
from reference.errors import Refusal
from reference.tensor import Tensor
from tests.conformance.executing import TRACKED, X, drawn, executed, method

THREE = Step("histogramdd", "function", (Ref("x"),), results=("a", "b", "c"))
ONE = Step("size", "method", (Ref("x"),), results=("a",))


class Returning(ReferenceTarget):
    """Every call returns the same."""

    def __init__(self, returned: Any) -> None:
        self.returned = returned

    def call(self, step: Step, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        return self.returned


@pytest.mark.parametrize(
    ("step", "returned", "bound"),
    [
        (THREE, (1, 2, 3), {"a": 1, "b": 2, "c": 3}),
        (THREE, [1, 2, (3,)], {"a": 1, "b": 2, "c": 3}),
        (THREE, (1, [2, 3]), {"a": 1, "b": 2, "c": 3}),
        (THREE, (1, 2), {"a": 1, "b": 2}),
        (THREE, (1,), {"a": 1}),
        (THREE, (), {}),
        (THREE, 1, {"a": 1}),
        (ONE, 1, {"a": 1}),
        (ONE, (1, 2), {"a": (1, 2)}),
    ],
)
def test_each_of_several_results_is_a_variable_and_a_tuple_alone_is_one(
    step: Step, returned: Any, bound: dict[str, Any]
) -> None:
    variables = executed(Returning(returned), Case((X,), (step,))).variables
    assert isinstance(variables.pop("x"), Tensor)
    assert variables == bound


@pytest.mark.parametrize("name", ["aminmax", "histogramdd", "unbind"])
def test_the_reference_and_torch_return_as_many(name: str) -> None:
    case = drawn(name, 1)
    reference, cpu = (executed(one, case).variables for one in (ReferenceTarget(), TorchTarget("cpu")))
    assert reference.keys() == cpu.keys()
    assert all(isinstance(value, Tensor) for value in reference.values())


def test_a_step_that_is_refused_says_how_and_binds_nothing() -> None:
    class Refusing(ReferenceTarget):
        def call(self, step: Step, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
            raise Refusal("IndexError", "no")

    execution = Execution(Refusing(), (X,))
    assert execution.step(ONE) == Refused("IndexError", "no")
    assert [*execution.variables] == ["x"]


def test_a_step_without_recording_records_nothing() -> None:
    for grad in (True, False):
        result = executed(ReferenceTarget(), Case((TRACKED,), (method("neg", Ref("x"), grad=grad),))).variables[
            "result"
        ]
        assert result.requires_grad is grad


def test_a_variable_is_seen_once_somebody_asks_and_no_other() -> None:
    class Looking(ReferenceTarget):
        looks = 0

        def see(self, value: Any) -> Seen:
            self.looks += 1
            return super().see(value)

    execution = executed(looking := Looking())
    live = Live(execution)
    assert execution.step(method("view_as", Ref("x"), Ref("x"), results=("z",))) is None
    assert (len(live), [*live], "z" in live, "w" in live, looking.looks) == (3, ["x", "y", "z"], True, False, 0)
    assert (live["z"].storage, looking.looks) == ("x", 1)
    assert live["z"] is live["z"]
    with pytest.raises(KeyError):
        live["w"]
