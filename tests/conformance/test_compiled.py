"""Compiled torch: what is checked was compiled, agrees with the reference, and is caught where Inductor is made to err.

Inductor can plant faults in its own relu, for tests: a wrong value, and a kernel that does not build.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from conformance import verify_modes
from conformance.deviations import every_deviation
from conformance.model.case import Argument, Case, Input, Literal, Ref, Step
from conformance.model.observation import Aspect
from conformance.model.run import Event, NoteEvent
from conformance.model.verdict import Outcome
from conformance.operation import Form
from conformance.properties.modes import PROPERTY
from conformance.targets.registry import available_targets, kind_of
from conformance.verify_deviations import DeviationVerification
from conformance.verify_modes import Member, ModesVerification

NAME = "cpu+compile"
if not any(found.name == NAME and found.available for found in available_targets()):
    pytest.skip("there is no compiler here", allow_module_level=True)

torch = pytest.importorskip("torch")
dynamo_utils = pytest.importorskip("torch._dynamo.utils")
inductor = pytest.importorskip("torch._inductor.config")
metrics = pytest.importorskip("torch._inductor.metrics")
compiled_module = pytest.importorskip("conformance.targets.torch.compiled")
environment = pytest.importorskip("conformance.targets.torch.environment")

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def compiled() -> Any:
    return compiled_module.CompiledTarget()


def given(name: str, values: Sequence[float], *, tracked: bool = False) -> Input:
    data = torch.tensor(values, dtype=torch.float32).numpy().tobytes()
    return Input(name, (len(values),), "float32", (1,), 0, len(values), Literal(data), tracked)


def call(operation: str, form: str = Form.FUNCTION, *args: Argument, tracked: bool = False) -> Case:
    step = Step(operation, form, (Ref("input"), *args), results=("result",))
    return Case((given("input", (-2.0, -0.5, 0.0, 3.0), tracked=tracked),), (step,))


def backward(case: Case) -> Case:
    step = Step("backward", Form.METHOD, (Ref("result"), Ref("cotangent")))
    return Case((*case.inputs, given("cotangent", (1.0, 2.0, 3.0, 4.0))), (*case.steps, step))


def verified(target: Any, cases: dict[str, Case], monkeypatch: pytest.MonkeyPatch) -> ModesVerification:
    monkeypatch.setattr(verify_modes, "prove", lambda failures, target, in_flight=None: [])
    events: list[Event] = []
    check = ModesVerification(target, events.append)
    check.members = [Member(name, "float32", case) for name, case in cases.items()]
    check.run()
    check.finish()
    assert not [event for event in events if isinstance(event, NoteEvent)]
    return check


CASES = {
    "add": call("add", Form.FUNCTION, 1.5),
    "mul": call("mul", Form.IN_PLACE, 2.0),
    "exp": backward(call("exp", tracked=True)),
    "neg": call("neg"),
    "relu": call("relu"),
    "view": Case(
        call("view", Form.METHOD, (2, 2)).inputs,
        (
            *call("view", Form.METHOD, (2, 2)).steps,
            Step("fill_", Form.IN_PLACE, (Ref("result"), 3), grad=False),
        ),
    ),
}


def test_one_graph_serves_all_cases_and_rows(compiled: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    torch._dynamo.reset()
    dynamo_utils.counters.clear()
    metrics.reset()
    flags = environment.torch_flags()
    check = verified(compiled, CASES, monkeypatch)
    assert not check.broken
    assert all(set(tally.outcomes) == {Outcome.HELD} for tally in check.tallies.values())
    assert dynamo_utils.counters["stats"]["unique_graphs"] == 2  # the calls, and the backward passes
    assert metrics.generated_kernel_count >= 5  # compiled, and not run eagerly after all
    assert environment.torch_flags() == flags


def test_a_wrong_kernel_is_caught(compiled: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    torch._dynamo.reset()
    compiled._program = None
    with inductor.patch("cpp.inject_relu_bug_TESTING_ONLY", "accuracy"):
        check = verified(compiled, CASES, monkeypatch)
    assert {(name, cause[1]) for name, cause in check.broken} == {("relu", Aspect.VALUES.value)}


def test_a_kernel_that_does_not_build_is_caught_alone(compiled: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled._program = None
    with inductor.patch("cpp.inject_relu_bug_TESTING_ONLY", "compile_error"):
        check = verified(compiled, {name: CASES[name] for name in ("add", "neg", "relu")}, monkeypatch)
    assert {(name, cause[1]) for name, cause in check.broken} == {("relu", Aspect.REFUSAL.value)}
    assert check.tallies["neg", "float32"].outcomes == {Outcome.HELD: verify_modes.ROWS}


def test_what_dynamo_does_not_capture_is_inapplicable(compiled: Any) -> None:
    assert PROPERTY.examine(call("t", Form.IN_PLACE), compiled).outcome is Outcome.INAPPLICABLE


def test_a_refusal_has_the_kind_that_was_raised(compiled: Any) -> None:
    refused = compiled.run(call("narrow", Form.FUNCTION, 5, 0, 1)).refused
    assert refused is not None
    assert refused.kind == "IndexError"
    assert not compiled.accepts(call("narrow", Form.FUNCTION, 5, 0, 1))
    assert compiled.accepts(call("narrow", Form.FUNCTION, 0, 0, 1))


def test_parts_that_are_not_there_are_no_variables(compiled: Any) -> None:
    step = Step("chunk", Form.FUNCTION, (Ref("input"), 1), results=("result0", "result1"))
    seen = compiled.run(Case(call("neg").inputs, (step,))).last
    assert seen.refused is None
    assert set(seen.variables) == {"input", "result0"}


def test_every_step_is_seen_where_that_is_asked(compiled: Any) -> None:
    trace = compiled.run(CASES["view"], every_step=True)
    assert [observation.step for observation in trace.observations] == [0, 1]
    first, last = (observation.variables["input"].values for observation in trace.observations)
    assert (first != 3).any()
    assert (last == 3).all()


def test_the_kind_says_what_the_target_says() -> None:
    assert kind_of(NAME).in_bulk is compiled_module.CompiledTarget.in_bulk is True


def test_what_eager_torch_does_too_is_known_by_its_entry(compiled: Any) -> None:
    length, angle = (
        replace(given(name, (value,)), requires_grad=True) for name, value in (("abs_", 0.0), ("angle", 1.0))
    )
    cotangent = replace(given("cotangent", (8.0, 7.0)), dtype="complex64", shape=(1,), size=1)
    polar = Step("polar_of_zero", Form.FUNCTION, (Ref("abs_"), Ref("angle")), results=("result",))
    backward = Step("backward", Form.METHOD, (Ref("result"), Ref("cotangent")))
    check = ModesVerification(compiled, lambda event: None)
    check.members = [Member("polar_of_zero", "float32", Case((length, angle, cotangent), (polar, backward)))]
    check.run()
    assert check.tallies["polar_of_zero", "float32"].outcomes == {Outcome.KNOWN: verify_modes.ROWS}


def test_where_a_tensor_of_its_own_begins_is_left_open(compiled: Any) -> None:
    source = replace(given("input", (1.0, 2.0, 3.0, 4.0, 5.0)), shape=(2, 2), strides=(2, 1), offset=1)
    scatter = Step("select_scatter", Form.METHOD, (Ref("input"), Ref("src"), 0, 1), results=("result",))
    view = Step("select", Form.METHOD, (Ref("input"), 0, 1), results=("result",))
    own, part = (Case((source, given("src", (6.0, 7.0))), (step,)) for step in (scatter, view))
    assert PROPERTY.examine(own, compiled).outcome is Outcome.HELD
    trace = compiled.run(part)
    assert PROPERTY.relate(part, trace, compiled).outcome is Outcome.HELD
    trace.last.variables["result"].offset += 1
    assert PROPERTY.relate(part, trace, compiled).differences[0].aspect is Aspect.OFFSET


def test_a_row_of_another_shape_keeps_its_values() -> None:
    nonzero = Case(
        (given("input", (0.0, 1.0)),), (Step("nonzero", Form.FUNCTION, (Ref("input"),), results=("result",)),)
    )
    assert verify_modes.shapes(nonzero) == {"input": (2,), "result": (1, 1)}
    assert verify_modes.shapes(call("narrow", Form.FUNCTION, 5, 0, 1)) is None


def test_witnesses_are_compiled_only_where_there_is_time(compiled: Any) -> None:
    entry = next(entry for entry in every_deviation() if entry.name == "compiled-nextafter-in-16-bits")
    for compiles in (False, True):
        check = DeviationVerification([compiled], entry.expires, lambda event: None, compiles=compiles)
        check.check(entry)
        assert (len(check.found), check.problems) == (int(compiles), [])
