"""The gate: what regressed fails, what is new or gone does not, and what cannot be compared is said to be so."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from conformance.model.run import Cell, CrashEvent, Run
from conformance.model.verdict import Discrepancy, Outcome, Severity, Tally
from reports.comparison import changed_versions, render_html, render_json, render_text, verdict_line
from reports.gate import Change, Comparison, Exit, compare_runs
from tests.reports import builders
from tests.reports.builders import cell, discrepancy
from tests.reports.page import parse

HELD, BROKE, KNOWN = Outcome.HELD, Outcome.BROKE, Outcome.KNOWN
VACUOUS, INAPPLICABLE = Outcome.VACUOUS, Outcome.INAPPLICABLE
STAYS = cell("stays")


def run_of(*cells: Cell, found: tuple[Discrepancy, ...] = (), crashes: tuple[CrashEvent, ...] = ()) -> Run:
    run = builders.empty_run()
    run.cells, run.discrepancies, run.crashes = [STAYS, *cells], list(found), list(crashes)
    return run


def change_of(before: Cell | None, after: Cell | None) -> tuple[Change, Exit]:
    """What becomes of one cell beside another that held and holds."""
    comparison = compare_runs(run_of(*[before] if before else []), run_of(*[after] if after else []))
    (changed,) = [c for c in comparison.cells if c.key[0] != "stays"]
    return changed.change, comparison.exit_status


@pytest.mark.parametrize(
    ("before", "after", "change", "status"),
    [
        (HELD, HELD, Change.UNCHANGED_PASS, Exit.CLEAN),
        (HELD, BROKE, Change.REGRESSED, Exit.REGRESSION),
        (KNOWN, BROKE, Change.REGRESSED, Exit.REGRESSION),
        (HELD, KNOWN, Change.WORSENED, Exit.CLEAN),
        (BROKE, HELD, Change.FIXED, Exit.CLEAN),
        (KNOWN, HELD, Change.FIXED, Exit.CLEAN),
        (BROKE, BROKE, Change.UNCHANGED_FAIL, Exit.CLEAN),
        (KNOWN, KNOWN, Change.UNCHANGED_FAIL, Exit.CLEAN),
        (BROKE, KNOWN, Change.UNCHANGED_FAIL, Exit.CLEAN),
        (HELD, VACUOUS, Change.REMOVED, Exit.CLEAN),
        (BROKE, INAPPLICABLE, Change.REMOVED, Exit.CLEAN),
        (VACUOUS, HELD, Change.NEW, Exit.CLEAN),
        (VACUOUS, BROKE, Change.NEW, Exit.CLEAN),
        (None, BROKE, Change.NEW, Exit.CLEAN),
        (None, HELD, Change.NEW, Exit.CLEAN),
        (BROKE, None, Change.REMOVED, Exit.CLEAN),
        (HELD, None, Change.REMOVED, Exit.CLEAN),
    ],
)
def test_what_becomes_of_a_cell(before: Outcome | None, after: Outcome | None, change: Change, status: Exit) -> None:
    old = cell(outcome=before) if before else None
    new = cell(outcome=after) if after else None
    assert change_of(old, new) == (change, status)


@pytest.mark.parametrize("untested", [VACUOUS, INAPPLICABLE])
def test_a_cell_that_neither_run_tested_is_not_counted(untested: Outcome) -> None:
    comparison = compare_runs(run_of(cell(outcome=untested)), run_of(cell(outcome=untested)))
    assert [c.key[0] for c in comparison.cells] == ["stays"]


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (0.5, 1.4, Change.UNCHANGED_PASS),
        (1.0, 2.0, Change.UNCHANGED_PASS),
        (1.0, 2.1, Change.WORSENED),
        (2.1, 1.0, Change.IMPROVED),
        (10.0, 19.0, Change.UNCHANGED_PASS),
        (1.0, float("inf"), Change.WORSENED),
        (1.0, float("nan"), Change.WORSENED),
        (float("nan"), 1.0, Change.IMPROVED),
        (float("nan"), float("nan"), Change.UNCHANGED_PASS),
        (float("inf"), float("inf"), Change.UNCHANGED_PASS),
    ],
)
def test_an_error_that_moved_is_told_and_fails_nothing(before: float, after: float, change: Change) -> None:
    assert change_of(cell(ulps=before), cell(ulps=after)) == (change, Exit.CLEAN)


def test_other_cases_in_a_cell_make_it_not_comparable() -> None:
    assert change_of(cell(cases="a"), cell(cases="b")) == (Change.NOT_COMPARABLE, Exit.CLEAN)
    assert change_of(cell(cases="a", outcome=BROKE), cell(cases="b")) == (Change.NOT_COMPARABLE, Exit.CLEAN)


def test_what_broke_on_cases_that_the_base_never_saw_is_not_waved_through() -> None:
    broke = cell(cases="b", outcome=BROKE)
    assert change_of(cell(cases="a"), broke) == (Change.NOT_COMPARABLE, Exit.NOT_COMPARABLE)


def found_in(pattern: str, severity: Severity = Severity.TOLERANCE) -> Discrepancy:
    return discrepancy("add", pattern=pattern, severity=severity)


def cell_and_cause(old: Discrepancy, new: Discrepancy) -> tuple[Change, dict[str, Change], Exit]:
    broke = cell(outcome=BROKE)
    comparison = compare_runs(run_of(broke, found=(old,)), run_of(broke, found=(new,)))
    (changed,) = [c for c in comparison.cells if c.key[0] == "add"]
    causes = {c.shown.pattern: c.change for c in comparison.causes}
    return changed.change, causes, comparison.exit_status


def test_a_cell_that_fails_in_the_same_way_is_unchanged() -> None:
    same = found_in("nan")
    assert cell_and_cause(same, same) == (Change.UNCHANGED_FAIL, {"nan": Change.UNCHANGED_FAIL}, Exit.CLEAN)


def test_a_cell_that_fails_in_another_way_changed_kind() -> None:
    changes = cell_and_cause(found_in("nan"), found_in("inf"))
    assert changes == (Change.CHANGED_KIND, {"inf": Change.CHANGED_KIND, "nan": Change.FIXED}, Exit.CLEAN)


def test_a_cell_that_fails_in_a_worse_way_regressed() -> None:
    change, causes, status = cell_and_cause(found_in("sign of zero"), found_in("finite", Severity.SILENT_WRONG))
    assert (change, causes["finite"], status) == (Change.REGRESSED, Change.REGRESSED, Exit.REGRESSION)


def test_a_cause_of_a_new_cell_is_new() -> None:
    comparison = compare_runs(run_of(), run_of(cell(outcome=BROKE), found=(found_in("nan"),)))
    assert [c.change for c in comparison.causes] == [Change.NEW]
    assert comparison.exit_status is Exit.CLEAN


CRASH = CrashEvent("add", "cpu", "SIGSEGV")


def test_a_crash_that_the_base_has_not_is_a_regression() -> None:
    comparison = compare_runs(run_of(cell()), run_of(cell(), crashes=(CRASH,)))
    assert [c.change for c in comparison.crashes] == [Change.REGRESSED]
    assert comparison.exit_status is Exit.REGRESSION
    assert verdict_line(comparison) == "Regression: 1 operation now crashing."


def test_a_crash_in_both_is_none_and_one_that_went_is_fixed_if_it_was_tested() -> None:
    assert compare_runs(run_of(crashes=(CRASH,)), run_of(crashes=(CRASH,))).exit_status is Exit.CLEAN
    fixed = compare_runs(run_of(crashes=(CRASH,)), run_of(cell()))
    assert [c.change for c in fixed.crashes] == [Change.FIXED]
    gone = compare_runs(run_of(crashes=(CRASH,)), run_of())
    assert [c.change for c in gone.crashes] == [Change.REMOVED]


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("suite_hash", "other", "another suite: base has 5f1d0c77ab12, candidate has other"),
        ("profile", "smoke", "another profile: base has standard, candidate has smoke"),
        ("seed", 5, "another seed: base has 20260109, candidate has 5"),
    ],
)
def test_runs_of_other_cases_are_not_comparable(field: str, value: object, reason: str) -> None:
    environment = replace(builders.ENVIRONMENT, **{field: value})  # type: ignore[arg-type]  # one field of several types
    candidate = builders.replace_environment(run_of(cell(outcome=BROKE)), environment)
    comparison = compare_runs(run_of(cell()), candidate)
    assert comparison.exit_status is Exit.NOT_COMPARABLE
    assert comparison.reasons == [reason]


def test_runs_with_no_cell_in_common_are_not_comparable() -> None:
    base, candidate = builders.empty_run(), builders.empty_run()
    base.cells, candidate.cells = [cell("add")], [cell("mul")]
    assert compare_runs(base, candidate).exit_status is Exit.NOT_COMPARABLE


@pytest.mark.parametrize("build", [builders.empty_run, builders.cut_short_run])
def test_a_run_that_is_empty_or_cut_short_is_inconclusive_on_either_side(build: Callable[[], Run]) -> None:
    assert compare_runs(builders.clean_run(), build()).exit_status is Exit.INCONCLUSIVE
    assert compare_runs(build(), builders.clean_run()).exit_status is Exit.INCONCLUSIVE


def test_a_regression_is_one_though_the_candidate_was_cut_short() -> None:
    candidate = run_of(cell(outcome=BROKE))
    candidate.finished = []
    assert compare_runs(run_of(cell()), candidate).exit_status is Exit.REGRESSION


def test_a_run_against_itself_is_clean_and_every_cell_is_counted_once() -> None:
    run = builders.run_with_findings()
    comparison = compare_runs(run, run)
    assert comparison.exit_status is Exit.CLEAN
    assert set(comparison.counts) == {Change.UNCHANGED_PASS, Change.UNCHANGED_FAIL}
    assert comparison.counts.total() == sum(c.tally.outcome not in (VACUOUS, INAPPLICABLE) for c in run.cells)


def upgrade() -> Comparison:
    environment = replace(builders.ENVIRONMENT, versions={"torch": "2.14.0"})
    return compare_runs(builders.clean_run(), builders.replace_environment(builders.run_with_findings(), environment))


def test_the_three_renders_tell_the_same_numbers() -> None:
    comparison = upgrade()
    numbers = {change.value: comparison.counts[change] for change in Change}
    assert json.loads(render_json(comparison))["counts"] == numbers
    page = parse(render_html(comparison))
    terms = page.one("dl", class_="counts")
    names, values = ([node.text for node in terms.all(tag)] for tag in ("dt", "dd"))
    assert {n: int(v.replace(",", "")) for n, v in zip(names, values, strict=True)} == numbers
    text = render_text(comparison)
    for change, number in numbers.items():
        assert (f"  {change:<14}  {number:>9,}" in text) == bool(number)


def test_the_renders_say_what_regressed_and_what_differs() -> None:
    comparison = upgrade()
    text = render_text(comparison)
    assert text.startswith("Regression: 6 cells regressed and 1 operation now crashing.\n")
    assert "torch: 2.13.0+cpu -> 2.14.0" in text
    assert ("torch", "2.13.0+cpu", "2.14.0") in changed_versions(comparison)
    assert "exp agrees cpu float32: held 1.82 ulp -> broke 4.00 ulp" in text
    assert "regressed: as_strided on cpu: SIGSEGV after 0.2 s" in text
    page = parse(render_html(comparison))
    assert page.one("h1").text == "Regression: 6 cells regressed and 1 operation now crashing."
    assert not page.all("script")


def test_hostile_texts_do_no_harm_in_any_render() -> None:
    base = builders.replace_environment(builders.clean_run(), builders.hostile_run().environment)
    comparison = compare_runs(base, builders.hostile_run())
    assert not parse(render_html(comparison)).all("script")
    assert "\x1b" not in render_text(comparison)
    json.loads(render_json(comparison))


def test_the_page_stays_small_when_everything_regressed() -> None:
    base = builders.huge_run(100, 4, 8, 10, found=0)
    broken = [replace(c, tally=Tally({BROKE: 1}, 9.0)) for c in base.cells]
    candidate = builders.huge_run(100, 4, 8, 10, found=500)
    candidate.cells = broken
    assert len(render_html(compare_runs(base, candidate)).encode()) < 1_000_000
