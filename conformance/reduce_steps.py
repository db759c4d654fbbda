"""Simpler programs: fewer steps, fewer and plainer arguments, the plainest spelling."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain

from conformance.model.case import Argument, Case, Ref, Slice, Step, references
from conformance.operation import Form
from conformance.operations import find

Fails = Callable[[Case], bool]

_PLAINER_FORMS = (Form.FUNCTION, Form.METHOD, Form.OPERATOR)
_PLAIN_FLOATS = (0.0, 1.0, 2.0, 0.5)


def fewer_steps(case: Case, fails: Fails) -> Case:
    """Without the last steps, and then without each other one: with all that reads its result, or bypassed."""
    chunk = len(case.steps) // 2
    while chunk:
        shorter = replace(case, steps=case.steps[:-chunk])
        if len(case.steps) > chunk and fails(shorter):
            case = shorter
        else:
            chunk //= 2
    for index in reversed(range(len(case.steps))):
        if index >= len(case.steps) or len(case.steps) == 1:
            continue
        for candidate in (_without(case, index), _bypassing(case, index)):
            if candidate.steps and fails(candidate):
                case = candidate
                break
    return case


def _without(case: Case, index: int) -> Case:
    """The case without a step and, transitively, without what reads its results."""
    lost = set(case.steps[index].results)
    kept = list(case.steps[:index])
    for step in case.steps[index + 1 :]:
        if lost.intersection(read_by(step)):
            lost.update(step.results)
        else:
            kept.append(step)
            lost.difference_update(step.results)
    return replace(case, steps=tuple(kept))


def _bypassing(case: Case, index: int) -> Case:
    """The case without a step, the first variable that it reads standing for its results."""
    step = case.steps[index]
    source = next(read_by(step), None)
    if source is None or not step.results:
        return _without(case, index)
    renamed = dict.fromkeys(step.results, source)
    later = (with_arguments(later, lambda argument: _renamed(argument, renamed)) for later in case.steps[index + 1 :])
    return replace(case, steps=(*case.steps[:index], *later))


def _renamed(argument: Argument, names: dict[str, str]) -> Argument:
    if isinstance(argument, Ref):
        return Ref(names.get(argument.name, argument.name))
    if isinstance(argument, (tuple, list)):
        return type(argument)(_renamed(part, names) for part in argument)
    return argument


def fewer_inputs(case: Case, fails: Fails) -> Case:
    """Without the inputs that no step reads: all at once, or one by one."""
    read = set(chain.from_iterable(map(read_by, case.steps)))
    unread = [given for given in case.inputs if given.name not in read]
    without_all = replace(case, inputs=tuple(given for given in case.inputs if given.name in read))
    if not unread or fails(without_all):
        return without_all
    for given in unread:
        candidate = replace(case, inputs=tuple(kept for kept in case.inputs if kept is not given))
        if fails(candidate):
            case = candidate
    return case


def fewer_arguments(case: Case, fails: Fails) -> Case:
    """Without each keyword argument, and without the last positional ones."""
    for index in range(len(case.steps)):
        for name, _ in case.steps[index].kwargs:
            step = case.steps[index]
            fewer = replace(step, kwargs=tuple(pair for pair in step.kwargs if pair[0] != name))
            if name == "out":
                fewer = replace(fewer, spelling=Form.FUNCTION)
            case = _kept(case, with_step(case, index, fewer), fails)
        while len(case.steps[index].args) > 1:
            step = case.steps[index]
            candidate = with_step(case, index, replace(step, args=step.args[:-1]))
            if not fails(candidate):
                break
            case = candidate
    return case


def plain_forms(case: Case, fails: Fails) -> Case:
    """Each step as a function, or else as a method or an operator."""
    for index, step in enumerate(case.steps):
        for form in _PLAINER_FORMS:
            if form == step.spelling:
                break
            if form not in find(step.operation).spellings:
                continue
            kwargs = tuple(pair for pair in step.kwargs if pair[0] != "out")
            candidate = with_step(case, index, replace(step, spelling=str(form), kwargs=kwargs))
            if fails(candidate):
                case = candidate
                break
    return case


def plain_modes(case: Case, fails: Fails) -> Case:
    """Seed 0, and no ``no_grad``."""
    case = _kept(case, replace(case, seed=0), fails)
    for index in range(len(case.steps)):
        case = _kept(case, with_step(case, index, replace(case.steps[index], grad=True)), fails)
    return case


def simple_numbers(case: Case, fails: Fails) -> Case:
    """Numbers, sizes and lists in arguments made small, as long as that helps."""
    for index in range(len(case.steps)):
        helped = True
        while helped:
            helped = False
            for simpler in _simpler_steps(case.steps[index]):
                candidate = with_step(case, index, simpler)
                if fails(candidate):
                    case, helped = candidate, True
                    break
    return case


def _simpler_steps(step: Step) -> Iterator[Step]:
    for position, argument in enumerate(step.args):
        for simpler in simpler_arguments(argument):
            yield replace(step, args=(*step.args[:position], simpler, *step.args[position + 1 :]))
    for position, (name, argument) in enumerate(step.kwargs):
        for simpler in simpler_arguments(argument):
            yield replace(step, kwargs=(*step.kwargs[:position], (name, simpler), *step.kwargs[position + 1 :]))


def simpler_arguments(argument: Argument) -> Iterator[Argument]:
    """Simpler arguments of the same kind, the simplest first.

    >>> list(simpler_arguments(5)), list(simpler_arguments((3, 1)))
    ([0, 1, 2, 4], [(-1,), (1,), (3,), (0, 1), (1, 1), (2, 1), (3, 0)])
    """
    if isinstance(argument, bool):
        if argument:
            yield False
    elif isinstance(argument, int):
        candidates = dict.fromkeys((0, 1, int(argument / 2), argument - 1 if argument > 0 else argument + 1))
        yield from (n for n in candidates if (abs(n), n < 0) < (abs(argument), argument < 0))
    elif isinstance(argument, float):
        yield from _PLAIN_FLOATS[: _PLAIN_FLOATS.index(argument)] if argument in _PLAIN_FLOATS else _PLAIN_FLOATS
    elif isinstance(argument, complex):
        yield from (n for n in (0j, 1j) if len(repr(n)) < len(repr(argument)))
    elif isinstance(argument, Slice):
        yield from _simpler_slices(argument)
    elif isinstance(argument, (tuple, list)):
        yield from _simpler_sequences(argument)


def _simpler_slices(given: Slice) -> Iterator[Slice]:
    for name in ("start", "stop", "step"):
        if getattr(given, name) is not None:
            yield replace(given, **{name: None})


def _simpler_sequences(parts: tuple[Argument, ...] | list[Argument]) -> Iterator[Argument]:
    kind = type(parts)
    if len(parts) > 1 and all(type(part) is int for part in parts):
        yield kind((-1,))
    if len(parts) > 1:
        for position in range(len(parts)):
            yield kind((*parts[:position], *parts[position + 1 :]))
    for position, part in enumerate(parts):
        for simpler in simpler_arguments(part):
            yield kind((*parts[:position], simpler, *parts[position + 1 :]))


def read_by(step: Step) -> Iterator[str]:
    """The names of the variables that a step reads."""
    for argument in (*step.args, *(value for _, value in step.kwargs)):
        yield from references(argument)


def with_step(case: Case, index: int, step: Step) -> Case:
    """The case with one step replaced."""
    return replace(case, steps=(*case.steps[:index], step, *case.steps[index + 1 :]))


def with_arguments(step: Step, change: Callable[[Argument], Argument]) -> Step:
    """The step with every argument changed."""
    kwargs = tuple((name, change(argument)) for name, argument in step.kwargs)
    return replace(step, args=tuple(map(change, step.args)), kwargs=kwargs)


def _kept(case: Case, candidate: Case, fails: Fails) -> Case:
    return candidate if fails(candidate) else case
