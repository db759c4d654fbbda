"""Programs: after every step of a random program, every variable is what the reference has."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.accuracy import Exact
from conformance.choices import Choices
from conformance.compare import Standard
from conformance.examine import REFERENCE, Examined, relate
from conformance.model.case import Case
from conformance.model.observation import Trace
from conformance.operation import Operation
from conformance.properties.base import Property
from conformance.targets.interpreter import Interpreter


class Programs(Property):
    name = "programs"
    claim = "After every step of a program of views, writes, sharing and backward passes, all variables agree."

    def applies(self, operation: Operation, target: Interpreter) -> bool:
        return False

    def derive(self, base: Case, operation: Operation, choices: Choices) -> Iterable[Case]:
        return ()

    def examine(self, case: Case, target: Interpreter) -> Examined:
        return self.examine_against(REFERENCE.run(case, every_step=True), case, target)

    def examine_against(self, expected: Trace, case: Case, target: Interpreter) -> Examined:
        """The same where the reference's trace is already known.

        Every value of a program is exact, so every bit counts; what was known before rounding is of no use.
        """
        for observation in expected.observations:
            for seen in observation.variables.values():
                seen.unrounded = seen.computed = None
        actual = target.run(case, every_step=True)
        return relate(expected, actual, case, target, lambda: Standard(Exact(), "programs"))


PROPERTY = Programs()
