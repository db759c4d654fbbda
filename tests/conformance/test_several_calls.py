"""Calls that share their first argument are looked at together; what is wrong with one is found in that one alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from conformance.drivers import seed_of, with_hypothesis
from conformance.model.case import Case, Ref
from conformance.model.verdict import Outcome
from conformance.operations import every_operation, find
from conformance.profiles import PROFILES
from conformance.structures import CALLS, Structure, structures, takes_company
from conformance.targets.interpreter import Interpreter
from conformance.targets.torch.eager import MetaTarget, TorchTarget
from conformance.together import together
from conformance.verify import Verification
from tests.conformance.executing import SHARED, X, method
from tests.conformance.planted.planting import EVERY_FORM, Fault, FaultyTarget, Plant

SMOKE = PROFILES["smoke"]
# As in the suites: as an error, a warning would look like a refusal by torch.
pytestmark = pytest.mark.filterwarnings("ignore")


class Counting(TorchTarget):
    """Torch on the CPU, which counts the cases of several steps, and the others."""

    def __init__(self) -> None:
        super().__init__("cpu")
        self.several = self.single = 0

    def run(self, case: Case, *, every_step: bool = False) -> Any:
        self.several += len(case.steps) > 1
        self.single += len(case.steps) == 1
        return super().run(case, every_step=every_step)


def with_calls(name: str, seed: int = 0) -> list[Structure]:
    return [one for one in structures(find(name), SMOKE, seed_of(name, seed), with_hypothesis) if one.calls]


def verified(name: str, target: Interpreter, drawn: Sequence[Structure]) -> Verification:
    check = Verification(find(name), target, SMOKE, lambda event: None)
    check.structures(drawn)
    return check


def held(check: Verification) -> int:
    return sum(tally.outcomes.get(Outcome.HELD, 0) for tally in check.tallies.values())


@pytest.mark.parametrize("name", ["narrow", "select", "gather", "unfold", "permute"])
def test_calls_share_their_first_argument_and_differ_in_others(name: str) -> None:
    drawn = with_calls(name)
    assert len(drawn) == SMOKE.glances * len(find(name).parameters)
    for one in drawn:
        shared = one.base.inputs[0]
        assert len(one.base.steps) == len(one.calls) == CALLS
        assert all(alone.base.inputs[0] is shared and len(alone.base.steps) == 1 for alone in one.calls)
    different = [{repr((call.base.steps, call.base.inputs)) for call in one.calls} for one in drawn]
    assert max(map(len, different)) == CALLS


def test_what_is_shared_is_one_input_and_what_only_has_its_name_another() -> None:
    cases = [SHARED, Case((X,), (method("neg", Ref("x")),)), Case((replace(X),), SHARED.steps), Case((), ())]
    assert together(cases, X) == Case(
        (X, replace(X, name="x_2")),
        (
            method("view_as", Ref("x"), Ref("x"), results=("y_0",)),
            method("neg", Ref("x"), results=("result_1",)),
            method("view_as", Ref("x_2"), Ref("x_2"), results=("y_2",)),
        ),
    )
    assert [one.name for one in together(cases).inputs] == ["x_0", "x_1", "x_2"]


def test_no_call_changes_what_the_others_get() -> None:
    together = [name for name, operation in every_operation().items() if takes_company(operation)]
    assert {"narrow", "gather", "where", "expand", "setitem", "resize_", "zeros", "equal"} <= set(together)
    assert not {"exp", "sum", "rand", "from_numpy", "requires_grad_", "t"} & set(together)


@pytest.mark.parametrize("name", ["setitem", "fill_diagonal_", "resize_", "set_", "zeros"])
def test_what_is_written_to_is_shared_with_no_other_call(name: str) -> None:
    for one in with_calls(name):
        assert len(one.calls) == CALLS
        given = [argument for alone in one.calls for argument in alone.base.inputs]
        assert len(set(map(id, given))) == len(given)
        assert len(one.base.inputs) == len(given)


@pytest.mark.parametrize("name", ["narrow", "transpose", "index_select"])
def test_what_holds_at_a_glance_is_not_examined_alone(name: str) -> None:
    target, drawn = Counting(), with_calls(name)
    check = verified(name, target, drawn)
    assert check.drawn == held(check) == CALLS * len(drawn)
    assert (target.several, target.single) == (len(drawn), 0)


def test_without_data_calls_are_looked_at_together_too() -> None:
    drawn = [one for one in with_calls("narrow") if one.telling]
    check = verified("narrow", MetaTarget(), drawn)
    assert held(check) == CALLS * len(drawn)
    assert {prop for prop, _ in check.tallies} == {"metadata"}


def one_too_few(real: Plant, input: Any, dim: Any = 0, start: Any = 0, length: Any = 0) -> Any:
    return real(input, dim, start, length - (length == 2))


def writes_its_argument(real: Plant, input: Any, dim: Any = 0, start: Any = 0, length: Any = 0) -> Any:
    result = real(input, dim, start, length)
    if length == 3 and not input.requires_grad:
        input.zero_()
    return result


@pytest.mark.parametrize("plant", [one_too_few, writes_its_argument])
@pytest.mark.parametrize("seed", range(3))
def test_a_wrong_call_is_found_alone(plant: Plant, seed: int) -> None:
    target = FaultyTarget(Fault("of one length", "", "narrow", "agrees", plant, EVERY_FORM))
    drawn = with_calls("narrow", seed)
    check = verified("narrow", target, drawn)
    assert {len(failure.examined.case.steps) for failure in check.failures.values()} == {1}
    assert sum(sum(tally.outcomes.values()) for tally in check.tallies.values()) == CALLS * len(drawn)


def test_a_refused_call_hides_no_other() -> None:
    def refuses(real: Plant, input: Any, dim: Any = 0, start: Any = 0, length: Any = 0) -> Any:
        if length == 1:
            raise RuntimeError("refused")
        return one_too_few(real, input, dim, start, length)

    check = verified(
        "narrow", FaultyTarget(Fault("two", "", "narrow", "agrees", refuses, EVERY_FORM)), with_calls("narrow")
    )
    assert {aspect for _, aspect, _ in check.failures} >= {"refusal", "shape"}
