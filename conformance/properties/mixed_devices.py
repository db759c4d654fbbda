"""Mixed devices: a number may lie on the CPU, in the midst of other memory, while the others lie on the device."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from conformance.choices import Choices
from conformance.examine import REFERENCE, Examined, examine_against
from conformance.model.case import Argument, Case, Input, Ref, Step, references
from conformance.model.verdict import Outcome
from conformance.operation import Effect, Form, Operation
from conformance.properties.base import Property
from conformance.properties.promotion import promoted_operands, promotes, small
from conformance.targets.interpreter import Interpreter
from reference.dtypes import BY_NAME, TORCH_DTYPES

_COUNT = 5
_ON_CPU, _NUMBER = Ref("on_cpu"), Ref("number")


class MixedDevices(Property):
    name = "mixed devices"
    claim = (
        "A tensor on the CPU without dimensions, wherever in its storage it lies, is taken as the number that it holds,"
        " or refused."
    )
    once = True

    def applies(self, operation: Operation, target: Interpreter) -> bool:
        return promotes(operation)

    def derive(self, base: Case, operation: Operation, choices: Choices) -> Iterable[Case]:
        """All operands are of one dtype, since what becomes of several is another property's matter."""
        step = base.main
        places = [place for place in promoted_operands(operation) if place < len(step.args)]
        operands = {place: _operand(base, step.args[place]) for place in places}
        numbers = [place for place in _replaceable(operation, places) if _is_numpys(operands[place])]
        if not numbers or len(base.steps) > 1:
            return
        place = choices.choose(numbers)
        given = operands[place]
        assert given is not None, "a tensor was chosen"
        called = replace(step, args=(*step.args[:place], _NUMBER, *step.args[place + 1 :]))
        read = set(references((*called.args, *dict(called.kwargs).values())))
        inputs = [
            small(one, (3, 4) if one.shape else (), dtype=given.dtype if one in operands.values() else one.dtype)
            for one in base.inputs
            if one.name in read
        ]
        array = replace(small(given, (_COUNT,), "array"), array=True)
        yield Case((*inputs, array), (*_taken(choices.integer(1, _COUNT - 1)), called), base.seed)

    def examine(self, case: Case, target: Interpreter) -> Examined:
        """Which calls take a number from the CPU, the manual does not say."""
        examined = examine_against(REFERENCE.run(case), case, target)
        refused = examined.actual is not None and examined.actual.refused is not None
        return Examined(case, Outcome.INAPPLICABLE) if refused else examined


def _taken(place: int) -> tuple[Step, ...]:
    """The number at a place of an array that NumPy made, which lies on the CPU whatever the device is."""
    return (
        Step("from_numpy", Form.FUNCTION, (Ref("array"),), results=(_ON_CPU.name,)),
        Step("getitem", Form.OPERATOR, (_ON_CPU, place), results=(_NUMBER.name,)),
    )


def _replaceable(operation: Operation, places: Sequence[int]) -> Sequence[int]:
    """Where a number may stand: not for what is written to."""
    return places[1:] if operation.effect is Effect.WRITES else places


def _operand(base: Case, argument: Argument) -> Input | None:
    return base.input(argument.name) if isinstance(argument, Ref) else None


def _is_numpys(given: Input | None) -> bool:
    """Whether an operand is a tensor of a dtype that NumPy has too."""
    return given is not None and BY_NAME[given.dtype] in TORCH_DTYPES and given.dtype != "bfloat16"


PROPERTY = MixedDevices()
