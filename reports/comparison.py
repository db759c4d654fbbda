"""A comparison as text for a terminal, as JSON for programs, and as one page for people."""

from __future__ import annotations

import json
from typing import Any

from conformance.model.run import SCHEMA_VERSION, Environment
from reports.gate import CellChange, Change, Comparison, Exit
from reports.html import environment
from reports.json_summary import json_number
from reports.words import plural, ulps, visible

SHOWN = 20
_TOLD = (Change.REGRESSED, Change.NOT_COMPARABLE, Change.CHANGED_KIND, Change.WORSENED, Change.FIXED)
_VERDICTS = {
    Exit.CLEAN: "Clean: nothing regressed.",
    Exit.REGRESSION: "Regression.",
    Exit.NOT_COMPARABLE: "Not comparable.",
    Exit.INCONCLUSIVE: "Inconclusive.",
}


def verdict_line(comparison: Comparison) -> str:
    """The verdict in one sentence, with its reason where there is one to give."""
    verdict = _VERDICTS[comparison.exit_status]
    if comparison.exit_status is Exit.CLEAN:
        return verdict
    return f"{verdict[:-1]}: {'; '.join(comparison.reasons)}."


def changed_versions(comparison: Comparison) -> list[tuple[str, str, str]]:
    """What the environments differ in, by name: versions, flags and machine."""
    before, after = _facts(comparison.base), _facts(comparison.candidate)
    names = sorted(before.keys() | after.keys())
    pairs = [(name, before.get(name, "none"), after.get(name, "none")) for name in names]
    return [pair for pair in pairs if pair[1] != pair[2]]


def _facts(given: Environment) -> dict[str, str]:
    return {**given.machine, **given.flags, **given.versions}


def render_text(comparison: Comparison) -> str:
    """The verdict, the counts, and the cells, causes and crashes that need a look."""
    lines = [verdict_line(comparison), ""]
    lines += [f"  {name}: {old} -> {new}" for name, old, new in changed_versions(comparison)[:SHOWN]]
    counts = comparison.counts
    width = max(len(change) for change in Change)
    lines += ["", *(f"  {change:<{width}}  {counts[change]:>9,}" for change in Change if counts[change]), ""]
    crashes = [f"{c.crash.operation} on {c.crash.target}: {c.crash.detail}" for c in comparison.crashes]
    lines += _listed("crashes", [f"{c.change}: {line}" for c, line in zip(comparison.crashes, crashes, strict=True)])
    lines += _listed(
        "causes",
        [
            f"{c.change}: {c.cause} on {c.target} ({c.shown.severity})"
            for c in comparison.causes
            if c.change is not Change.UNCHANGED_FAIL
        ],
    )
    for change in _TOLD:
        lines += _listed(change, [_cell_line(cell) for cell in comparison.of(change)])
    return visible("\n".join(lines).rstrip() + "\n")


def _listed(title: str, items: list[str]) -> list[str]:
    if not items:
        return []
    more = [f"    and {len(items) - SHOWN:,} more"] if len(items) > SHOWN else []
    return [f"  {title}:", *(f"    {item}" for item in items[:SHOWN]), *more, ""]


def _cell_line(cell: CellChange) -> str:
    return f"{' '.join(cell.key)}: {outcome_pair(cell)}"


def outcome_pair(cell: CellChange) -> str:
    """The outcome and error of a cell, before and after."""
    sides = []
    for side in (cell.base, cell.candidate):
        error = f" {ulps(side.tally.worst_ulps)} ulp" if side and side.tally.worst_ulps else ""
        sides.append(f"{side.tally.outcome}{error}" if side else "absent")
    return " -> ".join(sides)


def render_json(comparison: Comparison) -> str:
    """The whole comparison; cells that are as they were are counted and not listed."""
    return json.dumps(
        {
            "schema": SCHEMA_VERSION,
            "exit_status": int(comparison.exit_status),
            "verdict": verdict_line(comparison),
            "reasons": comparison.reasons,
            "base": _side(comparison.base),
            "candidate": _side(comparison.candidate),
            "counts": {change: comparison.counts[change] for change in Change},
            "cells": [
                _cell(cell)
                for cell in comparison.cells
                if cell.change not in (Change.UNCHANGED_PASS, Change.UNCHANGED_FAIL)
            ],
            "causes": [
                {"change": c.change, "cause": c.cause, "target": c.target, "severity": c.shown.severity}
                for c in comparison.causes
            ],
            "crashes": [
                {"change": c.change, "operation": c.crash.operation, "target": c.crash.target, "detail": c.crash.detail}
                for c in comparison.crashes
            ],
        },
        allow_nan=False,
        indent=1,
    )


def _side(given: Environment) -> dict[str, Any]:
    return {"run": given.run_id, "profile": given.profile, "seed": given.seed, "versions": given.versions}


def _cell(cell: CellChange) -> dict[str, Any]:
    operation, prop, target, dtype = cell.key
    sides = {
        name: None
        if side is None
        else {"outcome": side.tally.outcome, "worst_ulps": json_number(side.tally.worst_ulps), "cases": side.cases}
        for name, side in (("base", cell.base), ("candidate", cell.candidate))
    }
    where = {"operation": operation, "property": prop, "target": target, "dtype": dtype}
    return {"change": cell.change, **where, **sides}


def render_html(comparison: Comparison) -> str:
    """One self-contained page that says on its first screen what the candidate changes."""
    jinja = environment()
    jinja.globals.update(Change=Change, plural=plural, pair=outcome_pair)
    return jinja.get_template("compare.html").render(
        comparison=comparison,
        verdict=verdict_line(comparison),
        clean=comparison.exit_status is Exit.CLEAN,
        changed=changed_versions(comparison),
        causes=[c for c in comparison.causes if c.change is not Change.UNCHANGED_FAIL],
        told=[(change, comparison.of(change)) for change in _TOLD if comparison.of(change)],
        shown=100,
    )
