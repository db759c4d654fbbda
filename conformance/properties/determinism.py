"""Determinism: the same call gives the same bits when it is made again."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.accuracy import Exact, Unspecified
from conformance.choices import Choices
from conformance.compare import Comparison, Standard
from conformance.examine import REFERENCE, Examined
from conformance.model.case import Case
from conformance.model.observation import Aspect, Trace
from conformance.model.verdict import Outcome
from conformance.operation import Operation
from conformance.properties.base import Property
from conformance.targets.interpreter import Interpreter


class Determinism(Property):
    name = "determinism"
    claim = "Two runs of the same call on the same inputs give identical bits."

    def applies(self, operation: Operation, target: Interpreter) -> bool:
        return Aspect.VALUES in target.aspects and not isinstance(operation.accuracy, Unspecified)

    def derive(self, base: Case, operation: Operation, choices: Choices) -> Iterable[Case]:
        yield base

    def examine(self, case: Case, target: Interpreter) -> Examined:
        first, second = target.run(case), target.run(case)
        exact = Standard(Exact(), case.main.operation)
        comparison = Comparison(target.aspects, target.traits, lambda: exact).traces(first, second)
        if comparison.differences:
            _leave_open(first, REFERENCE.run(case))
            comparison = Comparison(target.aspects, target.traits, lambda: exact).traces(first, second)
        outcome = Outcome.BROKE if comparison.differences else Outcome.HELD if comparison.compared else Outcome.VACUOUS
        return Examined(case, outcome, comparison.differences, comparison.worst_ulps, first, second)


def _leave_open(seen: Trace, reference: Trace) -> None:
    """Values that the manual leaves open (``empty``) may differ."""
    if seen.refused is None and reference.refused is None:
        for name, one in seen.last.variables.items():
            one.specified = reference.last.variables[name].specified


PROPERTY = Determinism()
