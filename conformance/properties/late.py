"""Late: an input whose values are yet to be computed gives what one gives that holds them.

https://docs.pytorch.org/docs/stable/generated/torch.conj.html: "torch.conj() performs a lazy conjugation, but the
actual conjugated tensor can be materialized at any time using torch.resolve_conj()."
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from conformance.choices import Choices
from conformance.examine import Examined, examine
from conformance.model.case import Case, Input
from conformance.model.observation import Aspect
from conformance.model.verdict import Outcome
from conformance.operation import Effect, Form, Operation
from conformance.operations import find
from conformance.properties.base import Property, first_tensor, in_form, relaid
from conformance.targets.interpreter import Interpreter

BITS = {"complex64": "conj", "complex128": "conj", "float32": "neg", "float64": "neg"}
"""The dtypes that have such views: the negative ones are imaginary parts of conjugates."""
READS_MEMORY = frozenset({"view_as_real", "view_dtype", "resolve_conj", "resolve_neg", "diagonal_scatter"})
READS_MEMORY |= {"as_strided_scatter", "select_scatter", "slice_scatter"}
"""What looks at the memory, copies all of it, or says whether anything was to be computed."""
MOST = 3
_AWARE = (Effect.REPLACES, Effect.CREATES, Effect.RECORDS)
_LENT = (Aspect.VALUES, Aspect.SHAPE, Aspect.DTYPE)


class Late(Property):
    name = "late"
    of_every_dtype = True
    claim = (
        "A conjugate that is yet to be computed, or a negative, gives what a tensor with its elements gives. Its memory"
        " is not lent as it is: that is refused, or done with a copy that holds the elements."
    )

    def applies(self, operation: Operation, target: Interpreter) -> bool:
        # In which order a tensor is filled with random numbers depends on its memory.
        seen = operation.effect in _AWARE or operation.name in READS_MEMORY
        return not seen and not operation.random and {Aspect.STRIDES, Aspect.VALUES} <= target.aspects

    def derive(self, base: Case, operation: Operation, choices: Choices) -> Iterable[Case]:
        tensors = [given for given in base.inputs if given.dtype in BITS and not given.array]
        if not tensors:
            return
        yield from (base.with_input(with_a_bit(given)) for given in tensors[:MOST])
        first = first_tensor(base)
        if operation.pointwise and Form.IN_PLACE in operation.spellings and first in tensors and 0 not in first.strides:
            yield in_form(base.with_input(with_a_bit(first)), Form.IN_PLACE)

    def examine(self, case: Case, target: Interpreter) -> Examined:
        """What is computed lies as a copy of the input does that holds its values: where, is not compared.

        https://docs.pytorch.org/docs/stable/generated/torch.Tensor.numpy.html says of a tensor whose memory is not its
        elements that it is refused, or resolved, by ``force``.
        """
        examined = examine(case, target)
        if examined.outcome is not Outcome.BROKE:
            return examined
        if find(case.main.operation).effect is Effect.SHARES:
            seen = [one for one in examined.differences if one.aspect in _LENT]
        else:
            strides_alone = {one.aspect for one in examined.differences} == {Aspect.STRIDES}
            seen = [] if strides_alone else examined.differences
        return replace(examined, differences=seen) if seen else Examined(case, Outcome.HELD)


def with_a_bit(given: Input) -> Input:
    """The same elements, of which torch holds the conjugates; or the negatives, in every second place, as the parts of
    complex numbers lie: without private functions, no others are to be had."""
    bit = BITS[given.dtype]
    return replace(relaid(given, "stepped by 2", 0) if bit == "neg" else given, late=bit)


PROPERTY = Late()
