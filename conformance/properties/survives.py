"""Survives: whatever its arguments, a call returns or raises; its process does not end, hang, or take all memory.

No case is derived for it: every call is watched (``isolation``), and one that does not return is examined here.
"""

from __future__ import annotations

from collections.abc import Iterable

from conformance.choices import Choices
from conformance.compare import Difference
from conformance.examine import Examined
from conformance.isolation.ending import SURVIVED, Ending, Limits
from conformance.isolation.endure import endure
from conformance.model.case import Case
from conformance.model.observation import Aspect
from conformance.model.verdict import Outcome
from conformance.operation import Operation
from conformance.properties.base import Property
from conformance.targets.interpreter import Interpreter


class Survives(Property):
    name = "survives"
    claim = (
        "The call returns or raises an exception: its process does not end, does not hang, does not take all memory."
    )

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits().for_proof()

    def applies(self, operation: Operation, target: Interpreter) -> bool:
        return False

    def derive(self, base: Case, operation: Operation, choices: Choices) -> Iterable[Case]:
        return ()

    def examine(self, case: Case, target: Interpreter) -> Examined:
        """Run the case in a process of its own."""
        found = endure([case], target, self.limits.for_many() if target.in_bulk else self.limits)
        if found is None:
            return Examined(case, Outcome.HELD)
        return Examined(case, Outcome.BROKE, [ended(case, found[1])])


def ended(case: Case, ending: Ending) -> Difference:
    """What an end differs in from a return."""
    return Difference(Aspect.PROCESS, len(case.steps) - 1, "", SURVIVED, ending)


PROPERTY = Survives()
