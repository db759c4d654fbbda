"""One place counts, and every renderer shows its numbers."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest

from conformance.model.run import Cell, FinishEvent, Run
from conformance.model.verdict import Outcome, Severity, Tally
from reports.html import render_html
from reports.json_summary import render_json
from reports.junit import render_junit
from reports.markdown import render_markdown
from reports.summary import Standing, State, state_of, summarise
from reports.words import visible
from tests.reports import builders
from tests.reports.page import parse

RUNS = [
    builders.clean_run,
    builders.run_with_findings,
    builders.hostile_run,
    builders.empty_run,
    builders.cut_short_run,
    builders.smoke_run,
]
every_run = pytest.mark.parametrize("build", RUNS, ids=lambda build: build.__name__)
Numbers = dict[str, dict[str, int]]


def counted_by_hand(run: Run) -> Numbers:
    """Operations by target and standing, the slow and obvious way."""
    order = ["broke", "known", "held", "vacuous", "inapplicable"]
    operations = {c.operation for c in run.cells} | {d.operation for d in run.discrepancies}
    operations |= {c.operation for c in run.crashes}
    targets = [info.name for info in run.environment.targets]
    named = {c.target for c in run.cells} | {c.target for c in run.crashes} | {d.target for d in run.discrepancies}
    targets += sorted(named - set(targets))
    numbers: Numbers = {}
    for target in targets:
        standings = Counter[str]()
        for operation in operations:
            seen = [c.tally.outcome.value for c in run.cells if (c.operation, c.target) == (operation, target)]
            seen += ["broke" for c in run.crashes if (c.operation, c.target) == (operation, target)]
            for d in run.discrepancies:
                if (d.operation, d.target) == (operation, target):
                    seen.append("known" if d.deviation else "broke")
            worst = min(seen, key=order.index, default="inapplicable")
            standings["not tested" if worst == "inapplicable" else worst] += 1
        numbers[target] = {standing.value: standings[standing.value] for standing in Standing}
    return numbers


def shown_in_page(html: str) -> tuple[Numbers, Numbers]:
    """The numbers of the headline, and those that a reader gets by counting squares in the matrix."""
    page = parse(html)
    table = page.one("table", class_="targets")
    names = [th.text for th in table.all("thead")[0].all("th")][2:-1]
    headline: Numbers = {}
    for row in table.one("tbody").all("tr"):
        for heading in row.all("th"):
            name = heading.children[0]
            assert isinstance(name, str)
            numbers = [int(re.sub(r"[^0-9]", "", td.text)) for td in row.all("td")[1:-1]]
            headline[name] = dict(zip(names, numbers, strict=True))
    counted: Numbers = {}
    for matrix in page.all("table", class_="matrix"):
        columns = [th.text for th in matrix.all("thead")[0].all("th")][1:]
        for body in (node for node in matrix.all("tbody") if "data-op" in node.attributes):
            squares = [
                child for child in body.all("tr")[0].children if not isinstance(child, str) and child.tag == "td"
            ]
            for target, square in zip(columns, squares, strict=True):
                counted.setdefault(target, dict.fromkeys(names, 0))
                counted[target][square.attributes["class"].replace("-", " ")] += 1
    return headline, counted


@every_run
def test_numbers_add_up_and_are_the_same_everywhere(build: Callable[[], Run]) -> None:
    run = build()
    summary = summarise(run)
    expected = counted_by_hand(run)
    assert {row.info.name: {s.value: row.operations[s] for s in Standing} for row in summary.targets} == expected
    for row in summary.targets:
        assert row.operations.total() == len(summary.operations)
        assert row.operations[Standing.NOT_TESTED] == len(row.not_tested)

    shown = {visible(target): numbers for target, numbers in expected.items()}
    headline, counted = shown_in_page(render_html(summary))
    assert headline == shown
    absent = {row.info.name for row in summary.targets if not row.info.available}
    assert counted == {target: numbers for target, numbers in shown.items() if target not in absent and run.cells}
    as_json = json.loads(render_json(summary))
    assert {row["target"]: row["operations"] for row in as_json["targets"]} == expected
    table = [line for line in render_markdown(summary).splitlines() if line.startswith("| ")][2:]
    in_markdown = [[int(n.replace(",", "")) for n in re.split(r" \| ", row)[1:-1]] for row in table[: len(expected)]]
    assert in_markdown == [list(numbers.values()) for numbers in expected.values()]


@every_run
def test_checks_add_up(build: Callable[[], Run]) -> None:
    run = build()
    summary = summarise(run)
    compared = (Outcome.HELD, Outcome.BROKE, Outcome.KNOWN)
    assert summary.checks == sum(c.tally.outcomes.get(o, 0) for c in run.cells for o in compared)
    assert summary.checks == sum(row.compared for row in summary.targets)
    assert summary.checks == sum(s.checks for row in summary.operations for s in row.squares.values())
    for row in summary.operations:
        for square in row.squares.values():
            assert square.checks == sum(mark.checks for mark in square.by_dtype.values())
            assert square.checks == sum(mark.checks for mark in square.by_property.values())


@every_run
def test_every_discrepancy_is_in_exactly_one_cause_and_the_page_shows_it(build: Callable[[], Run]) -> None:
    summary = summarise(build())
    assert sum(len(cause.discrepancies) for cause in summary.causes) == len(summary.run.discrepancies)
    page = parse(render_html(summary))
    assert len(page.all("article")) == len(summary.run.discrepancies)
    crashes = len(summary.run.crashes)
    assert len([li for li in page.all("li") if "data-op" in li.attributes]) == len(summary.causes) + crashes


@every_run
def test_junit_fails_exactly_what_broke(build: Callable[[], Run]) -> None:
    run = build()
    root = ET.fromstring(render_junit(summarise(run)))
    broke = {(c.target, c.operation, c.property) for c in run.cells if c.tally.outcome is Outcome.BROKE}
    broke |= {(d.target, d.operation, d.property) for d in run.discrepancies if not d.deviation}
    assert int(root.get("failures", "")) == len(broke) == len(root.findall(".//failure"))
    cases = root.findall(".//testcase")
    assert int(root.get("tests", "")) == len(cases)
    assert int(root.get("errors", "")) == len(root.findall(".//error"))
    assert sum(int(suite.get("tests", "")) for suite in root) == len(cases)


@pytest.mark.parametrize(
    ("build", "state"),
    [
        (builders.clean_run, State.HELD),
        (builders.run_with_findings, State.BROKE),
        (builders.empty_run, State.EMPTY),
        (builders.cut_short_run, State.CUT_SHORT),
    ],
)
def test_the_state_of_a_run(build: Callable[[], Run], state: State) -> None:
    assert state_of(build()) is state


def test_a_run_with_vacuous_checks_only_is_empty() -> None:
    run = builders.empty_run()
    run.cells = [builders.cell(outcome=Outcome.VACUOUS), builders.cell("mul", outcome=Outcome.INAPPLICABLE)]
    assert state_of(run) is State.EMPTY


def test_one_worker_of_two_that_never_finished_cuts_the_run_short() -> None:
    run = builders.clean_run()
    run.unfinished = ["gw1"]
    assert state_of(run) is State.CUT_SHORT


@pytest.mark.parametrize(("status", "state"), [(0, State.HELD), (1, State.HELD), (2, State.CUT_SHORT)])
def test_a_worker_that_was_interrupted_cuts_the_run_short(status: int, state: State) -> None:
    run = builders.clean_run()
    run.finished = [FinishEvent("main", status, 1.0)]
    assert state_of(run) is state


def test_a_crash_alone_breaks_its_operation() -> None:
    run = builders.clean_run()
    run.crashes = builders.run_with_findings().crashes
    summary = summarise(run)
    assert summary.state is State.BROKE
    row = next(row for row in summary.operations if row.name == "as_strided")
    assert row.squares["cpu"].standing is Standing.BROKE
    assert row.squares["meta"].standing is Standing.HELD
    assert row.differs


def test_a_discrepancy_counts_though_its_cell_was_lost_with_the_process() -> None:
    run = builders.empty_run()
    run.discrepancies = [builders.discrepancy()]
    summary = summarise(run)
    assert summary.state is State.BROKE
    assert summary.targets[0].operations[Standing.BROKE] == 1


def test_the_error_of_a_discrepancy_is_the_worst_of_its_cell() -> None:
    run = builders.empty_run()
    run.cells = [builders.cell("exp", ulps=0.5)]
    run.discrepancies = [builders.discrepancy(ulps=9.0)]
    (worst,) = summarise(run).errors
    assert (worst.ulps, worst.given) == (9.0, "expected 1.9947859e+34, got 1.9947866e+34")


def test_a_broken_cell_without_a_discrepancy_is_pointed_out() -> None:
    run = builders.clean_run()
    run.cells.append(builders.cell("sub", outcome=Outcome.BROKE))
    assert summarise(run).notes == ["broken, and yet without a recorded discrepancy: sub agrees cpu"]


def test_a_program_may_break_in_any_of_its_operations() -> None:
    run = builders.clean_run()
    run.cells.append(builders.cell("programs 0", "programs", "meta", "mixed", Outcome.BROKE, family="programs"))
    assert "programs meta" in summarise(run).notes[0]
    run.discrepancies.append(builders.discrepancy("abs", "programs", "meta"))
    assert summarise(run).notes == []


def test_causes_stand_worst_first_and_known_ones_last() -> None:
    causes = summarise(builders.run_with_findings()).causes
    assert [cause.severity for cause in causes[:2]] == [Severity.SILENT_WRONG, Severity.METADATA]
    assert [cause.known for cause in causes] == [False, False, False, False, True]
    tolerance = causes[2]
    assert tolerance.targets == ["cpu", "cpu+compile"]
    assert tolerance.dtypes == ["float32", "float64"]
    assert tolerance.worst_ulps == 9.0


def test_the_worst_error_is_over_all_properties_and_nan_is_worst() -> None:
    run = builders.empty_run()
    run.cells = [
        _with_error("add", "agrees", 0.5),
        _with_error("add", "layout", 3.0),
        _with_error("mul", "agrees", float("inf")),
        _with_error("div", "agrees", float("nan")),
        _with_error("abs", "agrees", 0.0),
    ]
    errors = summarise(run).errors
    assert [error.operation for error in errors] == ["div", "mul", "add"]
    assert math.isnan(errors[0].ulps)
    assert (errors[2].ulps, errors[2].given) == (3.0, "layout")


def _with_error(operation: str, prop: str, error: float) -> Cell:
    return Cell(operation, "", prop, "cpu", "float32", Tally({Outcome.HELD: 1}, error, prop), "c")
