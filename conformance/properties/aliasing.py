"""Aliasing: a write to the result, or to an input, is seen exactly where the reference sees it."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.choices import Choices
from conformance.model.case import Case, Ref, Step
from conformance.model.observation import Aspect
from conformance.operation import Effect, Form, Operation
from conformance.properties.base import Property, result_seen, then
from conformance.targets.interpreter import Interpreter

WRITTEN = 3
_MAKES_NO_TENSOR = (Effect.READS, Effect.EXTRACTS, Effect.WRITES)


class Aliasing(Property):
    name = "aliasing"
    claim = "The result shares memory with exactly those tensors that the manual says: writes are seen there only."

    def applies(self, operation: Operation, target: Interpreter) -> bool:
        return Aspect.VALUES in target.aspects and operation.effect not in _MAKES_NO_TENSOR

    def derive(self, base: Case, operation: Operation, choices: Choices) -> Iterable[Case]:
        seen = result_seen(base)
        if not seen:
            return
        locked = {
            given.name for given in base.inputs if not given.writeable
        }  # what a write to these does, is undefined
        writeable = [name for name, result in seen.items() if result.kind == "tensor" and result.storage not in locked]
        if writeable:
            yield then(base, fill(choices.choose(writeable)))
        if base.inputs:
            given = choices.choose(base.inputs)
            if not given.array:
                yield then(base, fill(given.name))


def fill(name: str) -> Step:
    """A write to every element, outside autograd."""
    return Step("fill_", Form.IN_PLACE, (Ref(name), WRITTEN), grad=False)


PROPERTY = Aliasing()
