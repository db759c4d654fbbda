"""What a step calls: the dotted path of its spelling, and the callable that stands there in this torch."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any

import torch

from conformance.model.case import Step
from conformance.operation import Form
from conformance.operations import find


def path_of(step: Step) -> str:
    """The dotted path of what a step calls."""
    return _path(step.operation, step.spelling)


@cache
def _path(operation: str, spelling: str) -> str:
    return find(operation).spellings[Form(spelling)]


@cache
def exists(path: str) -> bool:
    """Whether this torch has what is at a dotted path: of the functions that there are today, some are young."""
    head, *rest = path.split(".")
    try:
        attrgetter(".".join(rest))(torch.Tensor if head == "Tensor" else importlib.import_module(head))
    except (AttributeError, ImportError):
        return False
    return True


def resolve(path: str) -> Callable[..., Any]:
    """The callable at a dotted path, looked up anew each time as a caller would; a method is called on its first
    argument."""
    head, *rest = path.split(".")
    if head == "Tensor":
        return _method(rest[0])
    found: Any = _module(head)
    for part in rest:
        found = getattr(found, part)
    called: Callable[..., Any] = found
    return called


_module = cache(importlib.import_module)


@cache
def _method(name: str) -> Callable[..., Any]:
    return lambda self, *args, **kwargs: getattr(self, name)(*args, **kwargs)


def wants_the_cpu(step: Step) -> bool:
    """Whether a step takes a tensor that must be on the CPU: the places of tensor_split are "a zero-dimensional or
    one-dimensional long tensor on the CPU", says https://docs.pytorch.org/docs/stable/generated/torch.tensor_split.html.
    """
    return step.operation == "tensor_split_by_tensor"


def names_a_type(step: Step) -> bool:
    """Whether an argument or the result is the name of a type of tensor, as ``torch.FloatTensor``; all that are drawn,
    and known, are the CPU's.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.type.html
    """
    given = (*step.args, *(value for _, value in step.kwargs))
    named = any(isinstance(argument, str) and argument.endswith("Tensor") for argument in given)
    return named or step.operation == "type_name"
