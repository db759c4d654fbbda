"""What tests of verifying share: targets that are right or wrong, structures, and who notes what is under way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from conformance.choices import SeededChoices
from conformance.drivers import seed_of, with_hypothesis
from conformance.model.case import Case, Step
from conformance.model.observation import METADATA, Trace
from conformance.model.run import Event
from conformance.model.verdict import Outcome
from conformance.operations import find
from conformance.profiles import PROFILES
from conformance.structures import Structure, draw_structure, structures
from conformance.targets.interpreter import Interpreter
from conformance.targets.reference import ReferenceTarget
from conformance.verify import Verification
from reference.dtypes import FLOAT32, DType

SMOKE = PROFILES["smoke"]


class Sound(ReferenceTarget):
    """The reference as a target, which notes the cases that it is given."""

    name = "sound"

    def __init__(self) -> None:
        self.cases: list[Case] = []

    def run(self, case: Case, *, every_step: bool = False) -> Trace:
        self.cases.append(case)
        return super().run(case, every_step=every_step)


class WrongEverywhere(Sound):
    """Every call gives something else."""

    def call(self, step: Step, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        result = super().call(step, args, kwargs)
        result.array[...] += 1
        return result


class Notes:
    """What was said to be under way: what is ``forbidden`` must not be run."""

    def __init__(self, *forbidden: str) -> None:
        self.forbidden = forbidden
        self.begun: list[tuple[Any, ...]] = []
        self.under_way = 0

    def begin(self, operation: str, target: str, text: str, seed: int, part: str) -> bool:
        if part in self.forbidden:
            return False
        assert self.under_way == 0
        self.under_way += 1
        self.begun.append((operation, target, text, seed, part))
        return True

    def end(self) -> None:
        self.under_way -= 1


def structure(name: str = "exp", dtype: DType = FLOAT32, seed: int = 1) -> Structure:
    return draw_structure(SeededChoices(seed), find(name), dtype)


def verification(target: Interpreter, name: str = "exp", **more: Any) -> tuple[Verification, list[Event]]:
    events: list[Event] = []
    return Verification(find(name), target, SMOKE, events.append, **more), events


def outcomes(check: Verification, prop: str = "agrees", dtype: str = "float32") -> dict[Outcome, int]:
    return check.tallies[prop, dtype].outcomes


def blind_target() -> Sound:
    """A target without data."""
    target = Sound()
    target.aspects = METADATA
    return target


def of_rows(rows: int, name: str = "exp") -> Structure:
    """A pointwise call of which so many rows of values are examined and nothing else."""
    drawn = (structure(name, seed=seed) for seed in range(100))
    found = next(one for one in drawn if one.base.inputs[0].shape and 0 not in one.base.inputs[0].shape)
    return replace(found, brief=("agrees",), rows=rows)


def several_calls() -> Structure:
    """Calls that are looked at together."""
    drawn = structures(find("narrow"), SMOKE, seed_of("narrow", 0), with_hypothesis)
    return next(one for one in drawn if one.calls and all(len(call.base.steps[0].args) > 2 for call in one.calls))
