"""Programs: long, varied, mostly valid, and a fault that needs several steps is found and reduced."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from conformance.accuracy import Exact
from conformance.choices import SeededChoices
from conformance.model.case import Case, Literal, Ref, Step
from conformance.model.codec import decode_case, encode_case
from conformance.model.observation import Refused
from conformance.model.verdict import Outcome
from conformance.operation import Effect, Operation
from conformance.operations import every_operation, find
from conformance.properties.programs import PROPERTY
from conformance.reduce import reduce
from conformance.strategies import programs as strategy
from conformance.strategies.cases import draw_case
from conformance.strategies.programs import MOST_STEPS, TELL_ZEROS_APART, Program, as_input, draw_program
from conformance.targets.reference import ReferenceTarget
from reference.dtypes import BY_NAME, FLOAT32, INT64
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


def _of_zeros(case: Case, sign: int) -> list[str]:
    """What an operation makes of ones and zeros of that sign, the signs of its own zeros left out."""
    for given in case.inputs:
        dtype = BY_NAME[given.dtype]
        if dtype.is_floating_point:
            numbers = np.where(np.arange(given.size) % 3 == 0, sign * 0.0, 1).astype(dtype.numpy)
            case = case.with_input(replace(given, values=Literal(numbers.tobytes())))
    seen = ReferenceTarget().run(case).last.variables.values()
    arrays = (one.values for one in seen if isinstance(one.values, np.ndarray) and one.specified is True)
    with np.errstate(invalid="ignore"):  # a signalling NaN, as which other bits may be read
        return [repr((array + array.dtype.type(0)).tolist()) for array in arrays]


def _tells_zeros_apart(operation: Operation) -> bool:
    dtype = next(dtype for dtype in (FLOAT32, *operation.dtypes) if dtype in operation.dtypes)
    cases = [draw_case(SeededChoices(seed), operation, dtype) for seed in range(8)]
    return any(_of_zeros(case, 1) != _of_zeros(case, -1) for case in cases)


def test_what_tells_zeros_apart_is_no_step_of_a_program() -> None:
    exact = [one for one in every_operation().values() if isinstance(one.accuracy, Exact) and one.functional]
    found = {one.name for one in exact if one.parameters and not one.alias_of and _tells_zeros_apart(one)}
    assert found == TELL_ZEROS_APART


def test_complex_numbers_are_not_divided(programs: list[Program]) -> None:
    pairs = (pair for one in programs for pair in zip(one.case.steps, one.trace.observations, strict=True))
    made = [seen.variables.get(step.results[0]) for step, seen in pairs if step.operation in ("addcdiv", "reciprocal")]
    assert made
    assert not any(one is not None and str(one.dtype).startswith("complex") for one in made)


@pytest.mark.parametrize(
    ("faulty", "met_by"),
    [
        pytest.param(ForgetsViews(), {"add", "narrow", "view"}, id="forgets views"),
        pytest.param(CopiesToNumpy(), {"numpy", "array_fill", "view"}, id="copies to numpy"),
        pytest.param(RefusesOtherwise(), {"mul", "backward"}, id="refuses otherwise"),
    ],
)
def test_planted_faults_are_found_and_reduced(
    faulty: ReferenceTarget, met_by: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In programs of few operations, each of which is drawn often, and in which every refusal is kept."""
    few = [(kind, [one for one in kind.operations() if one.name in met_by]) for kind in strategy.by_weight()]
    kinds = [replace(kind, operations=lambda found=found: found) for kind, found in few if found]
    monkeypatch.setattr(strategy, "by_weight", lambda: kinds)
    monkeypatch.setattr(strategy, "REFUSALS_KEPT", 100)
    drawn = (draw_program(SeededChoices(seed)) for seed in range(400))
    broken = next((one.case for one in drawn if _broke(one, faulty)), None)
    assert broken is not None
    assert {step.operation for step in broken.steps} <= met_by
    small = reduce(broken, lambda case: PROPERTY.examine(case, faulty).outcome is Outcome.BROKE)
    assert len(small.steps) <= 4


def _broke(program: Program, target: ReferenceTarget) -> bool:
    return PROPERTY.examine_against(program.trace, program.case, target).outcome is Outcome.BROKE


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
