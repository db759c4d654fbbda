"""The options by which a user says what a case may take: those of pytest and those of a command."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from conformance.isolation.ending import GIB, Limits


def add_limits(add: Callable[..., Any]) -> None:
    """Add the options with ``add``, a parser's or a group's own method."""
    usual = Limits()
    seconds, gib = usual.seconds, usual.memory / GIB
    add(
        "--timeout-per-case",
        type=positive,
        default=seconds,
        metavar="SECONDS",
        help=f"a case that takes longer is recorded as a hang; {seconds:g} by default",
    )
    add(
        "--memory-per-process",
        type=positive,
        default=gib,
        metavar="GIB",
        help=f"a case whose process takes more is ended and recorded; {gib:g} by default",
    )


def limits_of(seconds: float, gib: float) -> Limits:
    """The limits that the options give."""
    return Limits(seconds, gib * GIB)


def positive(text: str) -> float:
    """A finite number above zero.

    >>> positive("0.5")
    0.5
    """
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no positive number")
    return number
