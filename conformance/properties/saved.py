"""Saved: a write between a call and its backward pass spoils no gradient in silence.

The manual promises one of two things, whatever a call saves: an error, or the right gradient. Which of both is open as
long as the derivative depends on some tensor; where it depends on none, nothing can be spoiled. Whether the gradient is
right without the write, the property ``gradient`` says: here it must be the same, or right: where the result is a view,
as that of ``einsum``, the write gives it another node, behind which the same sum may be added up in another order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from conformance.accuracy import Exact
from conformance.choices import Choices
from conformance.compare import Comparison, Difference, Standard, same_kind
from conformance.examine import REFERENCE, Examined, lazy_standard
from conformance.model.case import BACKWARD, Case, references
from conformance.model.observation import Aspect, Refused, Trace
from conformance.model.verdict import Outcome
from conformance.operation import Effect, Operation
from conformance.operations import find
from conformance.properties.aliasing import fill
from conformance.properties.base import Property, first_tensor, then
from conformance.properties.gradient import of_nodes, with_cotangent
from conformance.targets.interpreter import Interpreter
from reference.function import Function

_GRADIENTS = frozenset({Aspect.GRAD})
_NOTICED = Refused("RuntimeError", "")


class Saved(Property):
    name = "saved"
    of_every_dtype = True
    claim = (
        "After a write to an input or to the result, the backward pass of a call is refused or gives the gradient that"
        " it gives without; where its derivative depends on no values, it is not refused."
    )

    def applies(self, operation: Operation, target: Interpreter) -> bool:
        return Aspect.GRAD in target.aspects and operation.gradient is not None and operation.effect is Effect.NEW

    def derive(self, base: Case, operation: Operation, choices: Choices) -> Iterable[Case]:
        """Of one dtype alone, of which there is a structure in every round: what is saved is of any."""
        given = first_tensor(base)
        if given is None or given.dtype not in ("float32", "float64"):
            return
        pulled = with_cotangent(base, operation, choices)
        if pulled is None or not pulled.numel:
            return
        copied = [given.name for given in pulled.case.inputs if given.requires_grad]
        for written in (choices.choose(copied), pulled.result):
            yield then(of_nodes(pulled.case), fill(written), pulled.backward())

    def examine(self, case: Case, target: Interpreter) -> Examined:
        unwritten, last = _without_write(case), len(case.steps) - 1
        wanted, actual = target.run(unwritten), target.run(case)
        if wanted.refused is not None or case.steps[-1].operation != BACKWARD:
            return Examined(case, Outcome.INAPPLICABLE)
        wanted = Trace(wanted.target, [replace(wanted.last, step=last)])
        if actual.refused is None:
            exact = Standard(Exact(), case.main.operation)
            found = Comparison(_GRADIENTS, target.traits, lambda: exact).traces(wanted, actual).differences
            if found and _is_right(unwritten, actual, target):
                found = []
        elif _depends_on_values(case) and same_kind(_NOTICED, actual.refused):
            found = []
        else:
            found = [Difference(Aspect.REFUSAL, last, "", None, actual.refused)]
        return Examined(case, Outcome.BROKE if found else Outcome.HELD, found, 0.0, wanted, actual)


def _is_right(unwritten: Case, actual: Trace, target: Interpreter) -> bool:
    """Whether the gradients are those of the reference, within their bounds."""
    expected = REFERENCE.run(unwritten)
    wanted = Trace(expected.target, [replace(expected.last, step=actual.last.step)])
    return (
        not Comparison(_GRADIENTS, target.traits, lazy_standard(unwritten, expected)).traces(wanted, actual).differences
    )


def _depends_on_values(case: Case) -> bool:
    """Whether a derivative names a tensor, and not only the shape of one; of what is made of other calls, some does."""
    function = find(case.main.operation).reference
    if not isinstance(function, Function) or not function.vjps:
        return True
    given = function.arguments(case.main.args, dict(case.main.kwargs))
    needs = {need for _, named in function.vjps.values() for need in named}
    return any(need.startswith("result") or any(references(given.get(need))) for need in needs)


def _without_write(case: Case) -> Case:
    """The case as it would be if nothing were written before the backward pass."""
    return Case(case.inputs, (*case.steps[:-2], case.steps[-1]), case.seed)


PROPERTY = Saved()
