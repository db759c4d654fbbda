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
        tensors = {place: given for place in places if (given := _operand(base, step.args[place])) is not None}
        if not tensors or len(base.steps) > 1:
            return
        dtype = _of_numpy(next(iter(tensors.values())).dtype)
        operands = {given.name for given in tensors.values()}
        inputs = [
            small(one, (3, 4) if one.shape else (), dtype=dtype if one.name in operands else one.dtype)
            for one in base.inputs
        ]
        array = replace(small(inputs[0], (_COUNT,), "array", dtype), array=True)
        for place in _replaceable(operation, places):
            if tensors.keys() - {place}:  # something is left on the device
                called = replace(step, args=(*step.args[:place], _NUMBER, *step.args[place + 1 :]))
                read = set(references((*called.args, *dict(called.kwargs).values())))
                left = [one for one in inputs if one.name in read]
                yield Case((*left, array), (*_taken(choices.integer(1, _COUNT - 1)), called), base.seed)

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


def _of_numpy(dtype: str) -> str:
    """The dtype, or float32 in the place of one that NumPy has not."""
    return dtype if BY_NAME[dtype] in TORCH_DTYPES and dtype != "bfloat16" else "float32"


PROPERTY = MixedDevices()
