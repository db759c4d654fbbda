"""Sweeps as one page: a table of the largest errors, and for each a histogram with its worst inputs."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from conformance.model.sweep import EDGES, Plan, Sweep
from reports.html import environment


@dataclass(frozen=True, slots=True)
class Bin:
    """One bar of a histogram; its length in percent is logarithmic, since the rare errors are what one looks for."""

    label: str
    count: int
    share: float
    length: float


def render_sweeps(sweeps: Iterable[Sweep]) -> str:
    """The page."""
    ordered = sorted(sweeps, key=lambda one: (-one.broke, one.plan.operation, one.plan.dtype, one.plan.target))
    page: str = (
        environment()
        .get_template("sweeps.html")
        .render(
            headline=headline(ordered),
            conditions=sorted({(one.conditions.torch, one.conditions.machine) for one in ordered}),
            rows=[(one, which(one.plan), bins(one), f"sweep-{number}") for number, one in enumerate(ordered)],
        )
    )
    return page


def headline(sweeps: list[Sweep]) -> str:
    """What the sweeps show, in one sentence."""
    broken = sorted({one.plan.operation for one in sweeps if one.broke})
    inputs = sum(one.done for one in sweeps)
    if broken:
        return f"Of {inputs:,} results, some of {', '.join(broken)} are beyond their bound."
    return f"All of {inputs:,} results are within their bounds, or known not to be."


def which(plan: Plan) -> str:
    """Which inputs were tried.

    >>> which(Plan("exp", "float32", "cpu", "contiguous", 257, 16711936))
    'every 257th'
    """
    if plan.every == 0:
        return "drawn"
    return "all" if plan.exhaustive else f"every {ordinal(plan.every)}"


def ordinal(number: int) -> str:
    """A number that says which in a row; a large one in powers of two.

    >>> ordinal(3), ordinal(22), ordinal(2**43)
    ('3rd', '22nd', '2^43th')
    """
    if number >= 2**20:
        return f"2^{round(math.log2(number))}th"
    suffix = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"


def bins(sweep: Sweep) -> list[Bin]:
    """The bars of a histogram, from the first to the last that is not empty."""
    labels = [
        f"at most {EDGES[0]:g}: correctly rounded",
        *(f"to {edge:g}" for edge in EDGES[1:]),
        f"over {EDGES[-1]:g}",
    ]
    last = max((place for place, number in enumerate(sweep.bins) if number), default=0)
    largest = math.log(1 + max(sweep.bins))
    judged = max(sum(sweep.bins), 1)
    return [
        Bin(label, number, number / judged, round(100 * math.log(1 + number) / largest, 1) if largest else 0.0)
        for label, number in zip(labels[: last + 1], sweep.bins[: last + 1], strict=True)
    ]
