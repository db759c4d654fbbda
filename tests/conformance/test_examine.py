"""The verdict on one case: held, broke, nothing to compare, or not applicable, and by which standard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from conformance import examine as examining
from conformance.accuracy import Exact
from conformance.compare import Comparison, Standard
from conformance.counting import COMPARED
from conformance.examine import (
    REFERENCE,
    examine,
    examine_against,
    holds_at_a_glance,
    lazy_standard,
    relate,
    unsupported,
)
from conformance.model.case import Case, DTypeName, Input, Literal, Ref, Step
from conformance.model.observation import EVERY_ASPECT, METADATA, Aspect, Observation, Refused, Trace
from conformance.model.verdict import Outcome
from conformance.targets.interpreter import Traits
from conformance.targets.reference import ReferenceTarget
from reference.errors import Refusal
from tests.conformance.executing import TRACKED, X, method

EXP = Case((X,), (method("exp", Ref("x")),))
SEVERAL = Case((X,), (method("view_as", Ref("x"), Ref("x"), results=("y",)), method("exp", Ref("y"))))
REFUSED = Case((X,), (method("view", Ref("x"), (7,)),))


class Off(ReferenceTarget):
    """Every exponential is off by so much."""

    by = 0.0

    def call(self, step: Step, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        result = super().call(step, args, kwargs)
        if step.operation == "exp":
            result.array[...] += np.float32(self.by)
        return result


class Elsewhere(ReferenceTarget):
    """A target that refuses one operation, with an exception of one kind."""

    def __init__(self, name: str, operation: str, kind: str, message: str = "no") -> None:
        self.name, self.operation, self.kind, self.message = name, operation, kind, message

    def call(self, step: Step, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        if step.operation == self.operation:
            raise Refusal(self.kind, self.message)
        return super().call(step, args, kwargs)


def off_by(number: float) -> Off:
    target = Off()
    target.by = number
    return target


def test_what_is_alike_held_and_what_is_not_broke() -> None:
    held = examine(EXP, off_by(0))
    assert (held.outcome, held.differences, held.worst_ulps) == (Outcome.HELD, [], 0.0)
    near = examine(EXP, off_by(2.0**-23))
    assert (near.outcome, near.differences, near.worst_ulps) == (Outcome.HELD, [], 1.0)
    broke = examine(EXP, off_by(1.0))
    assert (broke.outcome, broke.worst_ulps) == (Outcome.BROKE, 2.0**23)
    assert [one.aspect for one in broke.differences] == [Aspect.VALUES]
    assert broke.case is EXP
    assert broke.expected is REFERENCE.run(EXP)
    assert broke.actual is not None
    assert broke.actual.last.variables["result"].values.tolist() == [[2.0] * 3] * 2


@pytest.mark.parametrize(("aspects", "elements"), [(EVERY_ASPECT, 12), (METADATA, 0)])
def test_what_is_alike_at_a_glance_counts_as_compared(aspects: frozenset[Aspect], elements: int) -> None:
    comparison, before = Comparison(aspects, Traits(), lambda: Standard(Exact(), "exp")), COMPARED.elements
    comparison.traces(REFERENCE.run(EXP), ReferenceTarget().run(EXP))
    assert comparison.compared == len(aspects) + elements
    assert COMPARED.elements - before == elements


def test_what_was_seen_before_is_compared_with_what_is_alive() -> None:
    def seen(target: ReferenceTarget) -> Trace:
        return Trace("", [Observation(0, None, dict(target.run(EXP).last.variables))])

    alive = ReferenceTarget().run(EXP)
    assert relate(alive, seen(off_by(1.0)), EXP, ReferenceTarget()).outcome is Outcome.BROKE
    assert relate(seen(ReferenceTarget()), off_by(1.0).run(EXP), EXP, ReferenceTarget()).outcome is Outcome.BROKE
    assert relate(seen(ReferenceTarget()), alive, EXP, ReferenceTarget()).outcome is Outcome.HELD


def test_where_nothing_can_be_compared_nothing_is_known() -> None:
    blind = off_by(1.0)
    blind.aspects = frozenset()
    assert examine(EXP, blind).outcome is Outcome.VACUOUS


@pytest.mark.parametrize(("every_step", "observed"), [(False, 1), (True, 2)])
def test_every_step_is_looked_at_where_it_is_asked_for(every_step: bool, observed: int) -> None:
    found = examine(SEVERAL, off_by(0), every_step=every_step)
    assert found.expected is not None
    assert found.actual is not None
    assert [len(one.observations) for one in (found.expected, found.actual)] == [observed, observed]
    by_itself = examine_against(found.expected, SEVERAL, off_by(0)).actual
    assert by_itself is not None
    assert len(by_itself.observations) == 1


def test_at_a_glance_only_what_is_alike_to_the_last_bit_holds_and_nothing_that_is_refused() -> None:
    assert holds_at_a_glance(SEVERAL, off_by(0))
    assert not holds_at_a_glance(SEVERAL, off_by(2.0**-23))
    assert not holds_at_a_glance(REFUSED, off_by(0))
    assert not holds_at_a_glance(SEVERAL, Elsewhere("cpu", "exp", "RuntimeError"))
    assert not holds_at_a_glance(SEVERAL, Elsewhere("cpu", "view_as", "RuntimeError"))


def test_a_call_without_a_result_that_one_alone_refuses_does_not_hold_at_a_glance() -> None:
    class Accepts(ReferenceTarget):
        def call(self, step: Step, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
            return None

    retained = (method("retain_grad", Ref("x"), results=()),)
    assert holds_at_a_glance(Case((TRACKED,), retained), Accepts())
    assert not holds_at_a_glance(Case((X,), retained), Accepts())
    assert not holds_at_a_glance(Case((TRACKED,), retained), Elsewhere("cpu", "retain_grad", "RuntimeError"))


@pytest.mark.parametrize(
    ("name", "kind", "outcome"),
    [
        ("cpu", "NotImplementedError", Outcome.BROKE),
        ("meta", "NotImplementedError", Outcome.INAPPLICABLE),
        ("meta", "RuntimeError", Outcome.BROKE),
    ],
)
def test_only_a_target_that_is_not_the_cpu_may_lack_something_and_says_so(
    name: str, kind: str, outcome: Outcome
) -> None:
    examined = examine(EXP, Elsewhere(name, "exp", kind))
    assert (examined.outcome, examined.worst_ulps) == (outcome, 0.0)
    assert examined.case is EXP
    assert examined.expected is not None
    assert examined.actual is not None
    assert examined.actual.refused == Refused(kind, "no")


OVERFLOW = "value cannot be converted to type c10::Half without overflow"


def refused(kind: str | None, step: int, message: str = "") -> Trace:
    return Trace("", [Observation(step, Refused(kind, message) if kind else None)])


LACKING, OTHER = "NotImplementedError", "RuntimeError"


@pytest.mark.parametrize(
    ("first", "expected", "actual", "lacks"),
    [
        ("exp", ("Unmodelled", 0), (None, 1), True),
        ("exp", (None, 1), (None, 1), False),
        ("exp", (None, 1), (LACKING, 0), True),
        ("exp", (LACKING, 0), (LACKING, 0), False),
        ("exp", (LACKING, 1), (LACKING, 0), True),
        ("exp", (OTHER, 0), (LACKING, 0), True),
        ("exp", (OTHER, 0), (OTHER, 0), False),
        ("exp", (None, 1), (OTHER, 0), False),
        ("numpy", (None, 1), (OTHER, 0), True),
        ("numpy", (OTHER, 0), (OTHER, 0), False),
        ("numpy", (OTHER, 1), (OTHER, 0), True),
        ("numpy", (None, 1), (OTHER, 1), False),
    ],
)
def test_what_a_device_may_lack(
    first: str, expected: tuple[str | None, int], actual: tuple[str | None, int], lacks: bool
) -> None:
    """Sharing memory with NumPy may be refused in any way; where the reference refuses too, nothing is lacking."""
    case = Case((X,), (method(first, Ref("x")), method("exp", Ref("x"))))
    device = Elsewhere("device", "", "")
    assert unsupported(case, refused(*expected), refused(*actual), device) is lacks


@pytest.mark.parametrize(
    ("number", "kind", "message", "outcome"),
    [
        (70000.0, "RuntimeError", OVERFLOW, Outcome.INAPPLICABLE),
        (70000.0, "RuntimeError", "no", Outcome.BROKE),
        (70000.0, "TypeError", OVERFLOW, Outcome.BROKE),
        (65504.0, "RuntimeError", OVERFLOW, Outcome.BROKE),
        (float("inf"), "RuntimeError", OVERFLOW, Outcome.BROKE),
    ],
)
def test_a_number_beyond_a_float_of_16_bits_may_be_refused(
    number: float, kind: str, message: str, outcome: Outcome
) -> None:
    case = Case((), (Step("full", "function", ((2,), number), (("dtype", DTypeName("float16")),), ("result",)),))
    assert examine(case, Elsewhere("cpu", "full", kind, message)).outcome is outcome
    assert examine(case, ReferenceTarget()).outcome is Outcome.HELD


@pytest.mark.parametrize(
    ("number", "message", "outcome"),
    [
        (257, OVERFLOW, Outcome.INAPPLICABLE),
        (-1, OVERFLOW, Outcome.INAPPLICABLE),
        (257, "Storage size calculation overflowed", Outcome.BROKE),
        (255, OVERFLOW, Outcome.BROKE),
    ],
)
def test_so_may_one_beyond_an_integral_dtype(number: int, message: str, outcome: Outcome) -> None:
    given = Input("x", (1,), "uint8", (1,), 0, 1, Literal(b"\1"))
    case = Case((given,), (Step("eq", "function", (Ref("x"), number), (), ("result",)),))
    assert examine(case, Elsewhere("cpu", "eq", "RuntimeError", message)).outcome is outcome
    assert examine(case, ReferenceTarget()).outcome is Outcome.HELD


@pytest.mark.parametrize(("number", "outcome"), [(1e154, Outcome.INAPPLICABLE), (2.0, Outcome.BROKE)])
def test_so_may_a_tensor_without_dimensions_that_stands_for_one(number: float, outcome: Outcome) -> None:
    value = Input("value", (), "float64", (), 0, 1, Literal(np.array(number).tobytes()))
    filled = Input("x", (1,), "float16", (1,), 0, 1, Literal(b"\0\0"))
    case = Case((filled, value), (Step("fill_", "in place", (Ref("x"), Ref("value"))),))
    assert relate(REFERENCE.run(case), refused("RuntimeError", 0, OVERFLOW), case, ReferenceTarget()).outcome is outcome


@pytest.mark.parametrize(
    ("drawn", "elsewhere", "outcome"),
    [("rand", True, Outcome.HELD), ("rand", False, Outcome.BROKE), ("ones", True, Outcome.BROKE)],
)
def test_another_device_draws_other_numbers(drawn: str, elsewhere: bool, outcome: Outcome) -> None:
    class Another(ReferenceTarget):
        has_own_kernels = elsewhere

        def call(self, step: Step, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
            result = super().call(step, args, kwargs)
            result.array[...] /= 2
            return result

    case = Case((), (Step(drawn, "function", (2,), (), ("result",)),), seed=3)
    assert examine(case, Another()).outcome is outcome


@pytest.mark.parametrize(
    ("spelling", "outcome"), [("out", Outcome.HELD), ("function", Outcome.BROKE), ("in place", Outcome.BROKE)]
)
def test_by_how_much_a_version_rises_is_left_open_of_out_alone(spelling: str, outcome: Outcome) -> None:
    case = Case((X,), (method("exp", Ref("x")), Step("exp", spelling, (Ref("x"),))))
    traces = [ReferenceTarget().run(EXP) for _ in range(2)]
    for number, trace in enumerate(traces, 1):
        trace.observations[-1].variables = dict(trace.last.variables)
        trace.last.variables["x"].version = number
    assert relate(*traces, case, ReferenceTarget()).outcome is outcome


def test_another_standard_is_used_where_one_is_given() -> None:
    near = [REFERENCE.run(EXP), off_by(2.0**-23).run(EXP)]
    assert relate(*near, EXP, ReferenceTarget()).outcome is Outcome.HELD
    exact = Standard(Exact(), "exp", ((2, 3),))
    assert relate(*near, EXP, ReferenceTarget(), lambda: exact).outcome is Outcome.BROKE


def test_a_standard_is_worked_out_once_and_only_where_bits_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    monkeypatch.setattr(examining, "standard_for", lambda *args: made.append(args) or Standard(Exact(), "exp"))
    case = Case((TRACKED,), EXP.steps)
    assert examine(case, off_by(0)).outcome is Outcome.HELD
    assert made == []
    standard = lazy_standard(case, REFERENCE.run(case))
    assert standard() is standard()
    ((operation, *others),) = made
    assert (operation.name, others) == ("exp", [case, REFERENCE.run(case)])
