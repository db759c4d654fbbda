"""A run as Markdown, small enough for the summary of a CI step."""

from __future__ import annotations

import re
from collections.abc import Iterable

from reports.summary import Standing, Summary
from reports.words import GLYPHS, basis_kind, clip, headline, plural, ulps, visible

LIMIT = 1 << 20
_CAUSES_SHOWN = 100
_CRASHES_SHOWN = 50
_NOTES_SHOWN = 50


def render_markdown(summary: Summary) -> str:
    """Headline, targets, causes, crashes and notes, under 1 MiB."""
    environment = summary.run.environment
    lines = [*_warnings(summary), f"## {cell_text(headline(summary))}", ""]
    lines += [
        f"torch {cell_text(environment.versions.get('torch', 'unknown'))}, profile {cell_text(environment.profile)}, "
        f"seed {environment.seed}, {plural(summary.checks, 'check')}",
        "",
    ]
    lines += targets_table(summary)
    lines += _section(
        "Crashes", (f"{c.operation} on {c.target}: {c.detail}" for c in summary.run.crashes), _CRASHES_SHOWN
    )
    lines += _causes(summary)
    notes = [*summary.notes, *(f"{note.level}: {note.text}" for note in summary.run.notes)]
    lines += _section("Notes", notes, _NOTES_SHOWN)
    return "\n".join(lines) + "\n"


def targets_table(summary: Summary) -> list[str]:
    """Operations by target and standing; a row adds up to all the operations of the run."""
    lines = [f"| target | {' | '.join(Standing)} | operations |", f"| --- |{' ---: |' * (len(Standing) + 1)}"]
    for row in summary.targets:
        numbers = " | ".join(f"{row.operations[standing]:,}" for standing in Standing)
        why = "" if row.info.available else f" (not available: {row.info.detail})"
        lines.append(f"| {cell_text(row.info.name + why)} | {numbers} | {row.operations.total():,} |")
    return [*lines, ""]


def cell_text(text: str) -> str:
    """The text as one line that Markdown, and HTML inside it, shows as it is."""
    line = " ".join(visible(clip(text, 300)).split())
    return re.sub(r"([\\`*_\[\]<>|&#~])", r"\\\1", line)


def _warnings(summary: Summary) -> list[str]:
    lines = []
    if summary.smoke:
        lines += ["**Smoke profile: this is not conformance evidence.**", ""]
    if summary.cut_short:
        lines += ["**Cut short: the run did not get to its end; there is no verdict on the whole.**", ""]
    return lines


def _causes(summary: Summary) -> list[str]:
    if not summary.causes:
        return []
    lines = ["### Causes", "", "| | operation | property | aspect | targets | dtypes | worst ulp | basis |"]
    lines.append("| --- | --- | --- | --- | --- | --- | ---: | --- |")
    for cause in summary.causes[:_CAUSES_SHOWN]:
        found = cause.first
        glyph = GLYPHS[Standing.KNOWN if cause.known else Standing.BROKE]
        columns = [
            f"{glyph} {cause.severity}",
            found.operation,
            found.property,
            f"{found.aspect} {found.pattern}",
            ", ".join(cause.targets),
            ", ".join(cause.dtypes),
            ulps(cause.worst_ulps),
            basis_kind(found.basis),
        ]
        lines.append(f"| {' | '.join(map(cell_text, columns))} |")
    return [*lines, *_left_out(len(summary.causes) - _CAUSES_SHOWN), ""]


def _section(title: str, items: Iterable[str], shown: int) -> list[str]:
    listed = [f"- {cell_text(item)}" for item in items]
    if not listed:
        return []
    return [f"### {title}", "", *listed[:shown], *_left_out(len(listed) - shown), ""]


def _left_out(number: int) -> list[str]:
    return ["", f"{number:,} more in summary.json"] if number > 0 else []
