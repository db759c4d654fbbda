"""A discrepancy as the text of an issue: what a maintainer needs, in Markdown, ready to paste."""

from __future__ import annotations

import re

from conformance.model.verdict import Discrepancy
from reports.program import program_lines
from reports.words import basis_line, claim, clip, plural, ulps


def issue_text(found: Discrepancy) -> str:
    """Title, claim, evidence and script, as Markdown."""
    where = f"{found.target}, {found.dtype}" if found.dtype else found.target
    parts = [
        f"# {found.operation}: {found.aspect} is not as it should be ({where})",
        f"It should hold that {claim(found)}.",
        f"Basis: {basis_line(found.basis)}",
        "Case:",
        fenced("\n".join(program_lines(found.case))),
        f"Expected {found.variable}:",
        fenced(clip(found.expected, 1500)),
        "Actual:",
        fenced(clip(found.actual, 1500)),
        *measured(found),
    ]
    if found.script:
        parts += ["This program needs torch and numpy only; it exits with 1 where it reproduces:"]
        parts += [fenced(clip(found.script, 6000), "python")]
    return "\n\n".join(parts) + "\n"


def measured(found: Discrepancy) -> list[str]:
    """How much is wrong, by how far, what is allowed, and how often it was seen again."""
    lines = []
    if found.wrong:
        lines.append(f"{found.wrong:,} of {plural(found.compared, 'element')} wrong.")
    if found.worst_ulps is not None:
        lines.append(f"Worst error: {ulps(found.worst_ulps)} ulp. Allowed: {found.allowed or 'none'}.")
    reproduced, tried = found.confirmed
    if tried:
        where = "" if found.deviation else " in a fresh process"  # those of known ones share a process
        lines.append(f"Reproduced {reproduced} of {plural(tried, 'time')}{where}.")
    return lines


def fenced(text: str, language: str = "") -> str:
    """A code block whose fence is longer than any run of backticks inside."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    ticks = "`" * max(3, longest + 1)
    return f"{ticks}{language}\n{text.rstrip()}\n{ticks}"
