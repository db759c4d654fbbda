"""Many cases as one, and what was seen of the one as what was seen of each: for targets that prepare what they run.

Compiling one graph of 25 operations costs a tenth of what 25 graphs cost. Each case keeps inputs of its own, so that
none can see another, and one that fails can be run alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from conformance.model.case import BACKWARD, Argument, Case, Input, Ref, Step
from conformance.model.observation import Observation, Seen, Trace

Names = Mapping[str, str]


class Numbered(dict[str, str]):
    """The names of variables with the number of their case."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __missing__(self, name: str) -> str:
        self[name] = f"{name}_{self.number}"
        return self[name]


def together(cases: Sequence[Case], shared: Input | None = None) -> Case:
    """One case that does what all of ``cases`` do; backward passes come last, since what they end is one graph.

    What is ``shared`` is one input of all cases whose own it is.

    >>> from conformance.model.case import Step
    >>> add = Case((), (Step("add", "function", (Ref("x"), 1), results=("result",)),))
    >>> [step.results for step in together([add, add]).steps]
    [('result_0',), ('result_1',)]
    """
    inputs, steps = [shared] if shared is not None else [], []
    for number, case in enumerate(cases):
        names = Numbered(number)
        if shared is not None and any(given is shared for given in case.inputs):
            names[shared.name] = shared.name
        inputs += [given.called(names[given.name]) for given in case.inputs if given is not shared]
        steps += [_renamed_step(step, names) for step in case.steps]
    steps.sort(key=lambda step: step.operation == BACKWARD)
    return Case(tuple(inputs), tuple(steps))


def apart(trace: Trace, cases: Sequence[Case]) -> list[Trace]:
    """What was seen of each of ``cases`` when they ran together and none was refused.

    Memory shared with a variable of another case keeps that variable's name, which no case has.
    """
    variables = trace.last.variables
    found = []
    for number, case in enumerate(cases):
        original = {f"{name}_{number}": name for name in _variables(case)}
        seen = {
            name: _renamed_seen(variables[there], original) for there, name in original.items() if there in variables
        }
        found.append(Trace(trace.target, [Observation(len(case.steps) - 1, None, seen)]))
    return found


def split(steps: tuple[Step, ...]) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """What belongs into one graph, and the backward passes at the end, which a user calls on its results.

    >>> steps = (Step("add", "function"), Step("backward", "method", (Ref("result"), Ref("cotangent"))))
    >>> [step.operation for step in split(steps)[1]]
    ['backward']
    """
    length = len(steps)
    while length and _is_plain_backward(steps[length - 1]):
        length -= 1
    return steps[:length], steps[length:]


def _is_plain_backward(step: Step) -> bool:
    return step.operation == BACKWARD and not step.kwargs and all(isinstance(one, Ref) for one in step.args)


def _variables(case: Case) -> Iterator[str]:
    yield from (given.name for given in case.inputs)
    yield from (name for step in case.steps for name in step.results)


def _renamed_step(step: Step, names: Names) -> Step:
    args = tuple([_renamed(argument, names) for argument in step.args])
    kwargs = tuple([(keyword, _renamed(argument, names)) for keyword, argument in step.kwargs])
    return Step(step.operation, step.spelling, args, kwargs, tuple([names[name] for name in step.results]), step.grad)


def _renamed(argument: Argument, names: Names) -> Argument:
    if isinstance(argument, Ref):
        name = names[argument.name]
        return argument if name == argument.name else Ref(name)
    if isinstance(argument, (tuple, list)):
        return type(argument)(_renamed(part, names) for part in argument)
    return argument


def _renamed_seen(seen: Seen, names: Names) -> Seen:
    storage, identity = seen.storage, seen.identity
    return replace(seen, storage=names.get(storage or "", storage), identity=names.get(identity or "", identity))
