"""The commands, one module each: ``HELP``, the arguments it takes, and what it does.

A module with a ``run`` is a command, called by the name of its module; there is no list to add it to.
"""

from __future__ import annotations


class CommandError(Exception):
    """A command cannot do what was asked: one line says why, and ``status`` is what the process exits with."""

    def __init__(self, message: str, status: int = 2) -> None:
        super().__init__(message)
        self.status = status
