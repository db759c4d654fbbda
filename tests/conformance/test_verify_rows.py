"""Rows of values: each that holds is counted, the first that is wrong is found, and the worst error is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from conformance.model.case import Case, Drawn, Step
from conformance.model.observation import Trace
from conformance.model.verdict import Outcome
from conformance.properties import every_property
from tests.conformance.verifying import (
    SMOKE,
    Sound,
    WrongEverywhere,
    of_rows,
    outcomes,
    structure,
    verification,
)

# As in the suites: what NumPy warns of is no failure.
pytestmark = pytest.mark.filterwarnings("ignore")


class WrongInRow(Sound):
    """One row of values comes out wrong, also where it is run alone."""

    row, rows_made = 5, frozenset[int]()

    def run(self, case: Case, *, every_step: bool = False) -> Trace:
        self.rows_made = frozenset(given.values.row for given in case.inputs if isinstance(given.values, Drawn))
        return super().run(case, every_step=every_step)

    def call(self, step: Step, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        result = super().call(step, args, kwargs)
        if self.row in self.rows_made:
            result.array[...] += 1
        return result

    def run_rows(self, case: Case, blocks: dict[str, np.ndarray]) -> np.ndarray | None:
        found = super().run_rows(case, blocks)
        assert found is not None
        found[self.row] += 1
        return found


class Off(Sound):
    """Every number is off by so many units in the last place."""

    ulps = 0

    def call(self, step: Step, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        result = super().call(step, args, kwargs)
        finite = np.isfinite(result.array)
        result.array[finite] += self.ulps * np.spacing(result.array[finite])
        return result


@pytest.mark.parametrize("rows", [1, 2, 8])
def test_every_row_that_holds_is_counted(rows: int) -> None:
    check, _ = verification(Sound())
    check.structures([of_rows(rows)])
    assert outcomes(check) == {Outcome.HELD: rows}
    assert check.drawn == 1


def test_rows_are_those_of_the_plain_call_alone() -> None:
    check, _ = verification(Sound())
    check.structures([replace(of_rows(8), brief=("agrees", "in place"))])
    assert (outcomes(check), outcomes(check, "in place")) == ({Outcome.HELD: 8}, {Outcome.HELD: 1})
    whole, _ = verification(Sound())
    drawn = replace(of_rows(1), brief=())
    whole.check(drawn)
    for prop in every_property().values():
        if (prop.name, "float32") in whole.tallies:
            cases = SMOKE.rows if prop.name == "agrees" else len(drawn.derived(prop))
            assert sum(outcomes(whole, prop.name).values()) == cases


def test_what_has_no_rows_is_examined_like_any_other() -> None:
    check, _ = verification(Sound(), "narrow")
    check.structures([replace(structure("narrow"), brief=("agrees",), rows=8)])
    assert outcomes(check) == {Outcome.HELD: 1}
    check.check(structure("narrow"))
    assert len(check.tallies) > 3


def test_of_what_a_target_lacks_no_row_is_run() -> None:
    class Lacking(Sound):
        def lacks(self, case: Case) -> bool:
            return True

    check, _ = verification(target := Lacking())
    check.structures([of_rows(8)])
    assert outcomes(check) == {Outcome.INAPPLICABLE: 1}
    assert not target.cases


def test_a_row_that_is_wrong_is_found_and_examined_alone() -> None:
    check, _ = verification(WrongInRow())
    check.structures([of_rows(8)])
    assert outcomes(check) == {Outcome.HELD: 7, Outcome.BROKE: 1}
    (failure,) = check.failures.values()
    assert {given.values.row for given in failure.examined.case.inputs} == {WrongInRow.row}


def test_of_what_broke_no_further_row_is_tried() -> None:
    check, _ = verification(WrongEverywhere())
    check.structures([of_rows(8)])
    assert outcomes(check) == {Outcome.BROKE: 1}


def test_the_worst_error_of_all_is_kept_with_its_input() -> None:
    target, drawn = Off(), of_rows(4, "digamma")
    check, _ = verification(target, "digamma")
    for ulps, least in ((0, 0.0), (3, 2.5), (1, 2.5), (5, 4.5), (0, 4.5)):
        target.ulps = ulps
        check.structures([drawn])
        tally = check.tallies["agrees", "float32"]
        assert least <= tally.worst_ulps <= least + 1
        assert bool(tally.worst_input) is (least > 0)
    assert tally.outcomes == {Outcome.HELD: 20}


def test_the_worst_error_of_a_case_alone_is_kept_too() -> None:
    target, drawn = Off(), of_rows(1, "digamma")
    check, _ = verification(target, "digamma")
    for target.ulps in (3, 1, 1000):  # what is wrong is no error of what held
        check.structures([drawn])
        assert 2.5 <= check.tallies["agrees", "float32"].worst_ulps <= 3.5
