"""Programs: long, varied, mostly valid, and a fault that needs several steps is found and reduced."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from conformance.choices import SeededChoices
from conformance.model.case import Case, Ref, Step
from conformance.model.codec import decode_case, encode_case
from conformance.model.observation import Refused
from conformance.model.verdict import Outcome
from conformance.operation import Effect
from conformance.operations import find
from conformance.properties.programs import PROPERTY
from conformance.reduce import reduce
from conformance.strategies.programs import MOST_STEPS, Program, as_input, draw_program
from conformance.targets.reference import ReferenceTarget
from reference.dtypes import INT64
from reference.errors import Refusal
from reference.tensor import Tensor

DRAWN = 300


@pytest.fixture(scope="module")
def programs() -> list[Program]:
    return [draw_program(SeededChoices(seed)) for seed in range(DRAWN)]


def test_programs_are_long_and_mostly_valid(programs: list[Program]) -> None:
    lengths = [len(program.case.steps) for program in programs]
    refused = [program for program in programs if program.trace.refused is not None]
    assert sum(lengths) / DRAWN > 6
    assert max(lengths) == MOST_STEPS
    assert 0 < len(refused) <= 0.15 * DRAWN


def test_every_effect_is_reached(programs: list[Program]) -> None:
    steps = [step for program in programs for step in program.case.steps]
    effects = {find(step.operation).effect for step in steps}
    assert effects >= set(Effect) - {Effect.READS, Effect.EXTRACTS}
    named = {step.operation for step in steps}
    assert named >= {
        "backward",
        "numpy",
        "from_numpy",
        "detach",
        "retain_grad",
        "register_hook",
        "setitem",
        "array_fill",
    }
    assert any(not step.grad for step in steps)


def test_no_operation_dominates(programs: list[Program]) -> None:
    counted = Counter(step.operation for program in programs for step in program.case.steps)
    assert len(counted) > 80
    assert counted.most_common(1)[0][1] < 0.2 * counted.total()


def test_the_trace_is_that_of_a_fresh_run(programs: list[Program]) -> None:
    for program in programs[:60]:
        examined = PROPERTY.examine_against(program.trace, program.case, ReferenceTarget())
        assert examined.outcome in (Outcome.HELD, Outcome.VACUOUS), encode_case(program.case)


def test_programs_are_pure_data(programs: list[Program]) -> None:
    for program in programs[:60]:
        assert decode_case(encode_case(program.case)) == program.case


class ForgetsViews(ReferenceTarget):
    """In-place addition to a view does not reach the base."""

    def call(self, step: Step, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        base = getattr(args[0], "base", None) if (step.operation, step.spelling) == ("add", "in place") else None
        before = base.array.copy() if base is not None else None
        result = super().call(step, args, kwargs)
        if base is not None:
            base.array[...] = before
        return result


class CopiesToNumpy(ReferenceTarget):
    """numpy() gives a copy."""

    def call(self, step: Step, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        result = super().call(step, args, kwargs)
        return np.array(result) if step.operation == "numpy" else result


class RefusesOtherwise(ReferenceTarget):
    """A backward pass that needs what was written to since raises an exception of another kind."""

    def refusal(self, error: Exception) -> Refused:
        refused = super().refusal(error)
        return Refused("KeyError", "") if "modified by an inplace" in refused.message else refused


@pytest.mark.parametrize(
    "faulty", [ForgetsViews(), CopiesToNumpy(), RefusesOtherwise()], ids=lambda one: type(one).__name__
)
def test_planted_faults_are_found_and_reduced(faulty: ReferenceTarget) -> None:
    broken = next(
        (case for case in map(_drawn, range(3000)) if PROPERTY.examine(case, faulty).outcome is Outcome.BROKE), None
    )
    assert broken is not None
    small = reduce(broken, lambda case: PROPERTY.examine(case, faulty).outcome is Outcome.BROKE)
    assert len(small.steps) <= 4


class HasNoViews(ReferenceTarget):
    """A target that is not the CPU, and says that a view is missing."""

    name = "elsewhere"

    def call(self, step: Step, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        if step.operation == "t":
            raise Refusal("NotImplementedError", "view is missing here")
        return super().call(step, args, kwargs)


def test_what_a_target_lacks_is_not_excused_by_what_would_be_refused_later() -> None:
    inputs = (as_input("x", Tensor.of(np.zeros((2, 2)), INT64)),)
    view, refused = Step("t", "method", (Ref("x"),)), Step("bitwise_xor", "function", (Ref("x"), 0.5))
    for steps in ((view,), (view, refused)):
        assert PROPERTY.examine(Case(inputs, steps), HasNoViews()).outcome is Outcome.INAPPLICABLE


def _drawn(seed: int) -> Case:
    return draw_program(SeededChoices(seed)).case
