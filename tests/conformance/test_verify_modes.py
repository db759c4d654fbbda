"""Many cases as one: told apart again, and every planted fault found on the operation that has it alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from conformance import verify_modes
from conformance.choices import SeededChoices
from conformance.examine import REFERENCE
from conformance.model.case import Case, Ref, Step
from conformance.model.observation import Aspect, Observation, Refused, Seen, Trace
from conformance.model.run import CellEvent, Event, NoteEvent
from conformance.model.verdict import Outcome
from conformance.operations import find
from conformance.properties.modes import overlaps
from conformance.strategies.cases import draw_case
from conformance.targets.reference import ReferenceTarget
from conformance.together import apart, split, together
from conformance.verify_modes import ModesVerification, graphs
from reference.dtypes import FLOAT32
from reference.errors import Refusal
from reference.tensor import Tensor

NAMES = ("add", "mul", "exp", "view", "narrow", "sub")


class Bulk(ReferenceTarget):
    """The reference as a target that runs many cases as one; faults are planted in subclasses."""

    name = "bulk"
    in_bulk = True


class Refusing(Bulk):
    """Cannot take multiplication: no graph that has one runs."""

    def call(self, step: Step, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        if step.operation == "mul":
            raise Refusal("RuntimeError", "lowering of mul failed")
        return super().call(step, args, kwargs)


class Shifted(Bulk):
    """One bit wrong in every exponential."""

    def call(self, step: Step, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        result = super().call(step, args, kwargs)
        if step.operation == "exp":
            with np.errstate(all="ignore"):
                result.array[...] = result.array * 2 + 1
        return result


class Copying(Bulk):
    """Views that share no memory."""

    def call(self, step: Step, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        result = super().call(step, args, kwargs)
        return Tensor.of(np.array(result.array), result.dtype) if step.operation == "narrow" else result


class Unsettled(Bulk):
    """Leaves a setting changed behind."""

    ran = False

    def run(self, case: Case, *, every_step: bool = False) -> Trace:
        self.ran = True
        return super().run(case, every_step=every_step)

    def settings(self) -> dict[str, str]:
        return {"flush_denormal": str(self.ran)}


class Counting(Bulk):
    """Counts the graphs that it runs."""

    graphs = 0

    def run(self, case: Case, *, every_step: bool = False) -> Trace:
        self.graphs += 1
        return super().run(case, every_step=every_step)


@pytest.fixture(autouse=True)
def _unproven(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify_modes, "prove", lambda failures, target, in_flight: [])


def verified(target: Bulk, names: Sequence[str] = NAMES, cases: int = 8) -> tuple[ModesVerification, list[Event]]:
    events: list[Event] = []
    check = ModesVerification(target, events.append)
    for name in names:
        check.draw(find(name), cases, seed=1)
    check.run()
    check.finish()
    return check, events


def outcomes(check: ModesVerification, operation: str) -> set[Outcome]:
    return {outcome for (name, _), tally in check.tallies.items() if name == operation for outcome in tally.outcomes}


def test_what_is_seen_of_cases_together_is_what_is_seen_of_each_alone() -> None:
    cases = [draw_case(SeededChoices(seed), find(name), FLOAT32) for seed in range(4) for name in NAMES]
    cases = [case for case in cases if REFERENCE.run(case).refused is None]
    for case, seen in zip(cases, apart(REFERENCE.run(together(cases)), cases), strict=True):
        alone = REFERENCE.run(case).last.variables
        assert seen.last.variables.keys() == alone.keys()
        assert seen.last.step == len(case.steps) - 1
        for name, wanted in alone.items():
            found = seen.last.variables[name]
            assert (found.storage, found.identity, found.strides) == (wanted.storage, wanted.identity, wanted.strides)
            np.testing.assert_array_equal(found.values, wanted.values)


def test_a_part_that_an_input_has_not_is_seen_in_neither() -> None:
    cases = [draw_case(SeededChoices(seed), find("unbind"), FLOAT32) for seed in range(6)]
    parts = [seen.last.variables.keys() for seen in apart(REFERENCE.run(together(cases)), cases)]
    assert parts == [REFERENCE.run(case).last.variables.keys() for case in cases]
    assert any(set(case.main.results) - names for case, names in zip(cases, parts, strict=True))


BACKWARD = Step("backward", "method", (Ref("y"), Ref("cotangent")))
RETAINING, WITHOUT = replace(BACKWARD, kwargs=(("retain_graph", True),)), replace(BACKWARD, args=(Ref("y"), None))
NEG = Step("neg", "method", (Ref("x"),))


@pytest.mark.parametrize(
    ("inside", "outside"),
    [
        ((), ()),
        ((), (BACKWARD,)),
        ((NEG,), ()),
        ((NEG,), (BACKWARD, BACKWARD)),
        ((BACKWARD, NEG), ()),
        ((BACKWARD, NEG), (BACKWARD,)),
        ((NEG, RETAINING), (BACKWARD,)),
        ((NEG, BACKWARD, WITHOUT), ()),
    ],
)
def test_the_backward_passes_at_the_end_belong_into_no_graph(
    inside: tuple[Step, ...], outside: tuple[Step, ...]
) -> None:
    assert split((*inside, *outside)) == (inside, outside)


def test_a_step_keeps_all_but_the_names() -> None:
    step = Step("cat", "out", ([Ref("x"), (Ref("y"), 1)],), (("out", Ref("x")),), ("y",), grad=False)
    renamed = Step("cat", "out", ([Ref("x_0"), (Ref("y_0"), 1)],), (("out", Ref("x_0")),), ("y_0",), grad=False)
    assert together([Case((), (step,))]).steps == (renamed,)


def test_memory_of_another_case_keeps_its_name() -> None:
    seen = Seen("tensor", storage="y_1", identity="y_1")
    cases = [Case((), (replace(NEG, results=("y",)),))] * 2
    found = apart(Trace("", [Observation(1, None, {"y_0": seen, "y_1": seen})]), cases)
    variables = [one.last.variables["y"] for one in found]
    assert [(one.storage, one.identity) for one in variables] == [("y_1", "y_1"), ("y", "y")]


def test_backward_passes_come_last() -> None:
    steps = (Step("neg", "method", (Ref("x"),), results=("y",)), Step("backward", "method", (Ref("y"),)))
    both = together([Case((), steps), Case((), steps)])
    assert [(step.operation, step.args) for step in both.steps] == [
        ("neg", (Ref("x_0"),)),
        ("neg", (Ref("x_1"),)),
        ("backward", (Ref("y_0"),)),
        ("backward", (Ref("y_1"),)),
    ]


def test_a_correct_target_breaks_nothing() -> None:
    check, events = verified(Bulk())
    assert not check.broken
    assert all(outcomes(check, name) == {Outcome.HELD} for name in NAMES)
    cells = [event.cell for event in events if isinstance(event, CellEvent)]
    assert {cell.operation for cell in cells} == set(NAMES)
    assert {cell.property for cell in cells} == {"modes"}


@pytest.mark.parametrize(
    ("faulty", "affected", "aspect"),
    [(Refusing(), "mul", Aspect.REFUSAL), (Shifted(), "exp", Aspect.VALUES), (Copying(), "narrow", Aspect.STORAGE)],
)
def test_a_planted_fault_is_found_on_its_operation_alone(faulty: Bulk, affected: str, aspect: Aspect) -> None:
    check, _ = verified(faulty)
    assert {name for name, _ in check.broken} == {affected}
    assert aspect in {failure.examined.differences[0].aspect for failure in check.broken.values()}
    assert all(outcomes(check, name) == {Outcome.HELD} for name in NAMES if name != affected)


def test_a_setting_that_changed_is_noted() -> None:
    _, events = verified(Unsettled())
    (note,) = [event for event in events if isinstance(event, NoteEvent)]
    assert "flush_denormal" in note.text


def test_many_cases_cost_few_graphs() -> None:
    target = Counting()
    check, _ = verified(target)
    assert len(check.members) > verify_modes.GRAPH
    assert target.graphs == verify_modes.ROWS * len(list(graphs(check.members)))


def test_what_no_graph_can_hold_is_inapplicable() -> None:
    check, _ = verified(Bulk(), ["requires_grad_", "randperm", "add"])
    assert outcomes(check, "requires_grad_") == outcomes(check, "randperm") == {Outcome.INAPPLICABLE}


def test_a_case_that_must_be_refused_is_in_no_graph() -> None:
    check, _ = verified(Bulk())
    views = (one for one in check.members if one.operation == "view")
    member = next(one for one in views if REFERENCE.run(one.case).refused is None)
    read = member.case.steps[0].args[0]
    step = replace(member.case.steps[0], operation="view", spelling="method", args=(read, (7, 11)), kwargs=())
    refused = replace(member, case=replace(member.case, steps=(step,)))
    assert isinstance(REFERENCE.run(refused.case).refused, Refused)
    assert [list(graph) for graph in graphs([refused, member])] == [[member]]


@pytest.mark.parametrize(
    ("shape", "strides", "expected"),
    [((2, 3), (3, 1), False), ((2, 3), (1, 1), True), ((3,), (0,), True), ((1,), (0,), False), ((), (), False)],
)
def test_overlap(shape: tuple[int, ...], strides: tuple[int, ...], expected: bool) -> None:
    seen = replace(REFERENCE.run(draw_case(SeededChoices(0), find("add"), FLOAT32)).last.variables["result"])
    assert overlaps(replace(seen, shape=shape, strides=strides)) is expected
