"""The report as one self-contained page, under a fixed size whatever the run's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from conformance.model.codec import encode_case
from conformance.model.verdict import Discrepancy, Outcome
from reports import words
from reports.anchors import Anchors, discrepancy_anchors
from reports.issue import issue_text
from reports.program import program_lines
from reports.summary import Cause, OperationRow, Standing, State, Summary

# Bytes for each part of the page; what does not fit is counted and its place named.
MATRIX_BUDGET = 700_000
DETAIL_BUDGET = 900_000
TRIAGE_BUDGET = 200_000
DISCREPANCY_BUDGET = 700_000
ERROR_ROWS = 200
CAUSES_OPEN = 25
NAMES_SHOWN = 400
NOTES_SHOWN = 200
SCRIPT_SHOWN = 12_000


@dataclass(frozen=True, slots=True)
class Family:
    """The operations of one family in the matrix."""

    name: str
    rows: list[Markup]
    standings: dict[Standing, int]
    open: bool


def environment() -> jinja2.Environment:
    """Jinja as all pages of this project use it: escaping always, nothing undefined, no hidden characters."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: words.visible(value) if type(value) is str else value,
    )
    for name in (
        "ulps",
        "count",
        "plural",
        "duration",
        "slug",
        "css",
        "clip",
        "short",
        "basis_kind",
        "web_address",
        "claim",
        "gauge",
    ):
        made.filters[name] = getattr(words, name)
    made.globals.update(differing=words.differing, glyphs=words.GLYPHS, meanings=words.MEANINGS, Standing=Standing)
    return made


def render_html(summary: Summary) -> str:
    """The whole page."""
    jinja = environment()
    anchors = discrepancy_anchors(summary.causes)
    families, rows_left, details_left = _matrix(jinja, summary)
    triage, triage_left = _fitting(
        (jinja.get_template("cause.html").render(cause=cause, anchors=anchors) for cause in summary.causes),
        TRIAGE_BUDGET,
    )
    articles = _articles(jinja, summary, anchors)
    return jinja.get_template("index.html").render(
        summary=summary,
        environment=summary.run.environment,
        State=State,
        headline=words.headline(summary),
        families=families,
        columns=matrix_targets(summary),
        rows_left=rows_left,
        details_left=details_left,
        triage=triage,
        triage_left=triage_left,
        causes_open=CAUSES_OPEN,
        articles=articles,
        articles_left=len(summary.run.discrepancies) - len(articles),
        errors=summary.errors[:ERROR_ROWS],
        largest=_largest(summary),
        names_shown=NAMES_SHOWN,
        notes_shown=NOTES_SHOWN,
    )


def _matrix(jinja: jinja2.Environment, summary: Summary) -> tuple[list[Family], int, int]:
    """The families with their rows rendered, worst operations first served where space is short."""
    template = jinja.get_template("operation.html")
    targets = matrix_targets(summary)
    rendered: dict[str, Markup] = {}
    room, detail_room, details_left = MATRIX_BUDGET, DETAIL_BUDGET, 0
    for row in sorted(summary.operations, key=_interest):
        shared = {
            "row": row,
            "targets": targets,
            "by_dtype": {name: square.by_dtype for name, square in row.squares.items()},
            "by_property": {name: square.by_property for name, square in row.squares.items()},
        }
        plain = template.render(shared, detailed=False)
        room -= len(plain.encode())
        if room < 0:
            break
        full = template.render(shared, detailed=True) if detail_room > 0 else ""
        detail_room -= len(full.encode())
        details_left += detail_room < 0
        rendered[row.name] = Markup(full if detail_room >= 0 else plain)
    families: dict[str, list[OperationRow]] = {}
    for row in summary.operations:
        families.setdefault(row.family, []).append(row)
    few = len(summary.operations) <= 60
    shown = [_family(name, rows, rendered, few) for name, rows in families.items()]
    return shown, len(summary.operations) - len(rendered), details_left


def matrix_targets(summary: Summary) -> list[str]:
    """The columns of the matrix: a target that was not there has nothing to show, and stands in the headline."""
    return [
        row.info.name for row in summary.targets if row.info.available or row.cells or row.operations[Standing.BROKE]
    ]


def _interest(row: OperationRow) -> tuple[bool, bool, str]:
    return (Standing.BROKE not in row.standings, Standing.KNOWN not in row.standings, row.name)


def _family(name: str, rows: list[OperationRow], rendered: dict[str, Markup], few: bool) -> Family:
    worst = [min(row.standings, key=list(Standing).index) if row.standings else Standing.NOT_TESTED for row in rows]
    standings = {standing: worst.count(standing) for standing in Standing if standing in worst}
    markup = [rendered[row.name] for row in rows if row.name in rendered]
    return Family(name, markup, standings, few or Standing.BROKE in standings)


def _fitting(pieces: Iterable[str], budget: int) -> tuple[list[Markup], int]:
    """The first pieces that fit into the budget, and how many do not."""
    kept: list[Markup] = []
    left = 0
    for piece in pieces:
        budget -= len(piece.encode())
        if budget >= 0:
            kept.append(Markup(piece))
        else:
            left += 1
    return kept, left


def _articles(jinja: jinja2.Environment, summary: Summary, anchors: Anchors) -> list[Markup]:
    """A section for each discrepancy: one of every cause before a second of any."""
    template = jinja.get_template("discrepancy.html")
    depth = max((len(cause.discrepancies) for cause in summary.causes), default=0)
    elsewhere = _elsewhere(summary)
    room = DISCREPANCY_BUDGET
    chosen: dict[int, Markup] = {}
    for level in range(depth):
        for cause in summary.causes:
            if level >= len(cause.discrepancies):
                continue
            found = cause.discrepancies[level]
            piece = template.render(_article(found, cause, anchors[found], elsewhere))
            room -= len(piece.encode())
            if room < 0:
                return _in_order(summary, chosen)
            chosen[id(found)] = Markup(piece)
    return _in_order(summary, chosen)


def _in_order(summary: Summary, chosen: dict[int, Markup]) -> list[Markup]:
    ordered = [found for cause in summary.causes for found in cause.discrepancies]
    return [chosen[id(found)] for found in ordered if id(found) in chosen]


def _article(found: Discrepancy, cause: Cause, anchor: str, elsewhere: _Elsewhere) -> dict[str, Any]:
    return {
        "found": found,
        "cause": cause,
        "anchor": anchor,
        "program": program_lines(found.case),
        "case_json": encode_case(found.case),
        "issue": issue_text(found),
        "elsewhere": elsewhere.get((found.operation, found.property, found.dtype), {}),
        "script_shown": SCRIPT_SHOWN,
    }


_Elsewhere = dict[tuple[str, str, str], dict[str, Outcome]]


def _elsewhere(summary: Summary) -> _Elsewhere:
    """How the same checks went on every target, for the operations that have a discrepancy."""
    wanted = {(d.operation, d.property, d.dtype) for d in summary.run.discrepancies}
    outcomes: _Elsewhere = {}
    for cell in summary.run.cells:
        key = (cell.operation, cell.property, cell.dtype)
        if key in wanted:
            outcomes.setdefault(key, {})[cell.target] = cell.tally.outcome
    return outcomes


def _largest(summary: Summary) -> float:
    finite = [error.ulps for error in summary.errors if error.ulps < float("inf")]
    return max(finite, default=1.0)
