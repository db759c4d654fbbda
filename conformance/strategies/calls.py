"""How arguments are given: by place or by keyword, sizes as a tuple, as a list or one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

from conformance.choices import Choices
from conformance.model.case import Argument, Device, Step, references
from conformance.operation import Effect, Form, Omitted, Operation, Parameter

CALLED = (Form.FUNCTION, Form.METHOD, Form.IN_PLACE)
"""The forms that are calls by name."""
Keywords: TypeAlias = "tuple[tuple[str, Argument], ...]"
Pairs: TypeAlias = "list[tuple[Parameter, Argument | Omitted]]"


def arrange(pairs: Pairs) -> tuple[tuple[Argument, ...], tuple[tuple[str, Argument], ...]]:
    """Positional arguments up to the first that is left out, the rest by keyword."""
    args: list[Argument] = []
    kwargs: list[tuple[str, Argument]] = []
    by_keyword = False
    for parameter, value in pairs:
        by_keyword = by_keyword or parameter.keyword
        if isinstance(value, Omitted):
            by_keyword = True
        elif by_keyword:
            kwargs.append((parameter.name, value))
        else:
            args.append(value)
    return tuple(args), tuple(kwargs)


def as_called(
    choices: Choices, operation: Operation, pairs: Pairs, form: Form
) -> tuple[tuple[Argument, ...], Keywords]:
    """The arguments as one of the ways of calling has them. Operands, of which there is more to ask, stand in their
    places."""
    args, kwargs = arrange(pairs)
    if form in CALLED and choices.flag(20):
        kwargs = (*kwargs, *_none_in_words(operation, pairs))
    if form in CALLED and takes_device(operation) and choices.flag(30):
        kwargs = (*kwargs, ("device", Device(choices.choose(("name", "object")))))
    if operation.pointwise or len(args) < 1 or form not in CALLED:
        return args, kwargs
    last, parameter = args[-1], pairs[len(args) - 1][0]
    if parameter.in_a_row and isinstance(last, tuple) and _takes_rows(operation, form) and choices.flag(40):
        return ((*args[:-1], *last) if last else args), kwargs
    if isinstance(last, tuple) and _are_integers(last) and choices.flag(25):
        return (*args[:-1], list(last)), kwargs
    if choices.flag(25):
        return _named(args, pairs, kwargs)
    return args, kwargs


def takes_device(operation: Operation) -> bool:
    """Whether it may be told on which device to make its tensor: what may be told whether to track it can."""
    tracks = any(parameter.name == "requires_grad" for parameter in operation.parameters)
    return operation.effect in (Effect.CREATES, Effect.NEW) and (tracks or operation.effect is Effect.CREATES)


def _takes_rows(operation: Operation, form: Form) -> bool:
    return operation.effect is Effect.CREATES or form is not Form.FUNCTION


def _are_integers(sizes: tuple[Argument, ...]) -> bool:
    return all(isinstance(size, int) and not isinstance(size, bool) for size in sizes)


def _none_in_words(operation: Operation, pairs: Pairs) -> Keywords:
    """None for each argument that is left out, and is None where it is."""
    defaults = getattr(operation.reference, "defaults", {})
    left_out = (parameter for parameter, value in pairs if isinstance(value, Omitted) and not parameter.by_place)
    return tuple((one.name, None) for one in left_out if defaults.get(one.name, False) is None)


def _named(args: tuple[Argument, ...], pairs: Pairs, kwargs: Keywords) -> tuple[tuple[Argument, ...], Keywords]:
    """As many of the last as have a name and are no tensors, by keyword; the first stands in its place."""
    place = len(args)
    while place > 1 and not pairs[place - 1][0].by_place and not any(references(args[place - 1])):
        place -= 1
    named = ((pairs[number][0].name, args[number]) for number in range(place, len(args)))
    return args[:place], (*named, *kwargs)


def in_places(step: Step, parameters: Sequence[Parameter]) -> Step:
    """The same call as ``arrange`` would make it: keywords in their places, and what stands in a row as one tuple."""
    args, kwargs = list(step.args), dict(step.kwargs)
    for place, parameter in enumerate(parameters[: len(args)]):
        if parameter.in_a_row and all(type(one) is int for one in args[place:]):
            args[place:] = [tuple(args[place:])]
    for parameter in parameters[len(args) :]:
        if parameter.keyword or parameter.name not in kwargs:
            break
        args.append(kwargs.pop(parameter.name))
    return replace(step, args=tuple(args), kwargs=tuple(kwargs.items()))
