"""Refusals: what a tensor library must not do, with the exception class that torch documents or uses."""

from __future__ import annotations

from typing import NoReturn


class Refusal(Exception):
    """A call that must be refused. ``kind`` names the built-in exception that a caller would catch.

    >>> Refusal("RuntimeError", "shape '[5]' is invalid for input of size 4").kind
    'RuntimeError'
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


class DTypeRefusal(Refusal):
    """A dtype that a function does not take: no page says which exception tells it, and releases differ in it.

    >>> DTypeRefusal("NotImplementedError", '"tril_indices" not implemented for torch.bool').others
    ('RuntimeError', 'TypeError')
    """

    others = ("RuntimeError", "TypeError")


def refuse(message: str, kind: str = "RuntimeError") -> NoReturn:
    """Raise a :class:`Refusal` of the given kind."""
    raise Refusal(kind, message)


def refuse_dtype(name: str, dtype: object, kind: str = "NotImplementedError") -> NoReturn:
    """Raise the refusal of a dtype that the function called ``name`` does not take."""
    raise DTypeRefusal(kind, f'"{name}" not implemented for {dtype!r}')


def refuse_index(message: str) -> NoReturn:
    """Raise the refusal of a dimension or an index that is out of range."""
    raise Refusal("IndexError", message)


def refuse_type(message: str) -> NoReturn:
    """Raise the refusal of an argument of the wrong type."""
    raise Refusal("TypeError", message)


def refuse_value(message: str) -> NoReturn:
    """Raise the refusal of an argument of the right type and a wrong value."""
    raise Refusal("ValueError", message)


def unmodelled(what: str) -> NoReturn:
    """Say that the reference does not have ``what``, though a tensor library may: nothing is then compared."""
    raise Refusal("Unmodelled", f"{what} is no part of the reference")
