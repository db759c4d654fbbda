"""Programs: after every step of a random program, every variable is what the reference has."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.choices import Choices
from conformance.examine import Examined, examine
from conformance.model.case import Case
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
        return examine(case, target, every_step=True)


PROPERTY = Programs()
