"""What is examined of a structure, in which order, and what is counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from conformance.choices import SeededChoices
from conformance.drivers import seed_of, with_hypothesis
from conformance.model.case import Case, Drawn, Step
from conformance.model.observation import METADATA, Trace
from conformance.model.run import CellEvent, Event
from conformance.model.verdict import Outcome
from conformance.operations import find
from conformance.profiles import PROFILES
from conformance.structures import FIRST, Structure, draw_structure, structures
from conformance.targets.interpreter import Interpreter
from conformance.targets.reference import ReferenceTarget
from conformance.verify import Verification
from reference.dtypes import FLOAT32, FLOAT64

SMOKE = PROFILES["smoke"]


class Sound(ReferenceTarget):
    """The reference as a target, which notes the cases that it is given."""

    name = "sound"

    def __init__(self) -> None:
        self.cases: list[Case] = []

    def run(self, case: Case, *, every_step: bool = False) -> Trace:
        self.cases.append(case)
        return super().run(case, every_step=every_step)


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


class WrongEverywhere(Sound):
    """Every call gives something else."""

    def call(self, step: Step, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        result = super().call(step, args, kwargs)
        result.array[...] += 1
        return result


class Off(Sound):
    """Every number is off by so many units in the last place."""

    ulps = 0

    def call(self, step: Step, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        result = super().call(step, args, kwargs)
        finite = np.isfinite(result.array)
        result.array[finite] += self.ulps * np.spacing(result.array[finite])
        return result


class Notes:
    """What was said to be under way: what is ``forbidden`` must not be run."""

    def __init__(self, *forbidden: str) -> None:
        self.forbidden = forbidden
        self.begun: list[tuple[Any, ...]] = []
        self.under_way = 0

    def begin(self, operation: str, target: str, text: str, seed: int, part: str) -> bool:
        if part in self.forbidden:
            return False
        assert self.under_way == 0
        self.under_way += 1
        self.begun.append((operation, target, text, seed, part))
        return True

    def end(self) -> None:
        self.under_way -= 1


def structure(name: str = "exp", dtype: Any = FLOAT32, seed: int = 1) -> Structure:
    return draw_structure(SeededChoices(seed), find(name), dtype)


def verification(target: Interpreter, name: str = "exp", **more: Any) -> tuple[Verification, list[Event]]:
    events: list[Event] = []
    return Verification(find(name), target, SMOKE, events.append, **more), events


def outcomes(check: Verification, prop: str = "agrees", dtype: str = "float32") -> dict[Outcome, int]:
    return check.tallies[prop, dtype].outcomes


def of_rows(rows: int, name: str = "exp") -> Structure:
    """A pointwise call of which so many rows of values are examined and nothing else."""
    drawn = (structure(name, seed=seed) for seed in range(100))
    found = next(one for one in drawn if one.base.inputs[0].shape and 0 not in one.base.inputs[0].shape)
    return replace(found, brief=("agrees",), rows=rows)


# -- rows ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [1, 2, 8])
def test_every_row_that_holds_is_counted(rows: int) -> None:
    check, _ = verification(Sound())
    check.structures([of_rows(rows)])
    assert outcomes(check) == {Outcome.HELD: rows}
    assert check.drawn == 1


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
    for target.ulps in (3, 1):
        check.structures([drawn])
        assert 2.5 <= check.tallies["agrees", "float32"].worst_ulps <= 3.5


# -- which properties --------------------------------------------------------------------------------------------------


def test_of_what_broke_in_itself_no_variation_is_examined() -> None:
    check, _ = verification(WrongEverywhere())
    check.check(structure())
    assert {prop for prop, _ in check.tallies} == {"agrees"}
    assert check.drawn == 1


def test_of_a_whole_structure_every_property_is_examined() -> None:
    check, _ = verification(Sound())
    check.check(structure())
    assert {"agrees", "layout", "in place", "out", "gradient"} <= {prop for prop, _ in check.tallies}
    assert all(set(tally.outcomes) <= {Outcome.HELD, Outcome.INAPPLICABLE} for tally in check.tallies.values())


def test_only_those_that_are_named_are_examined() -> None:
    check, _ = verification(Sound(), only=frozenset({"out"}))
    check.check(structure())
    assert {prop for prop, _ in check.tallies} == {"out"}


def test_what_needs_one_structure_of_a_dtype_gets_one() -> None:
    check, _ = verification(Sound(), "add", only=frozenset({"promotion"}))
    check.check(structure("add"))
    once = dict(outcomes(check, "promotion"))
    check.check(structure("add", seed=2))
    assert outcomes(check, "promotion") == once
    check.check(structure("add", FLOAT64))
    assert set(check.tallies) == {("promotion", "float32"), ("promotion", "float64")}


def test_of_a_brief_structure_only_the_first_cases_of_the_properties_that_it_names() -> None:
    check, _ = verification(Sound())
    check.structures([replace(structure(), brief=("agrees", "gradient", "in place"), rows=1)])
    assert {prop: tally.outcomes for (prop, _), tally in check.tallies.items()} == {
        "agrees": {Outcome.HELD: 1},
        "gradient": {Outcome.HELD: 1},
        "in place": {Outcome.HELD: 1},
    }


def test_without_data_only_what_tells_is_examined() -> None:
    blind = Sound()
    blind.aspects = METADATA
    check, _ = verification(blind)
    for telling in (False, True):
        check.structures([replace(structure(), telling=telling), replace(structure(), telling=telling, brief=FIRST)])
        assert check.drawn == 2 * telling


# -- what is noted -----------------------------------------------------------------------------------------------------


def test_whatever_is_run_is_noted_before_and_ends() -> None:
    notes, one = Notes(), structure()
    check, _ = verification(Sound(), in_flight=notes)
    check.structures([one, replace(one, brief=("agrees",))])
    assert notes.under_way == 0
    assert {begun[:4] for begun in notes.begun} == {("exp", "sound", one.text, one.seed)}
    tallied = [prop for prop, _ in check.tallies]
    assert [part for *_, part in notes.begun if part in tallied] == [*tallied, "agrees"]


def test_what_ended_a_process_is_left_out() -> None:
    check, _ = verification(Sound(), in_flight=Notes("layout"))
    check.check(structure())
    assert "layout" not in {prop for prop, _ in check.tallies}
    assert len(check.tallies) > 3
    nothing, _ = verification(target := Sound(), in_flight=Notes("agrees"))
    nothing.structures([structure(), replace(structure(), brief=("agrees",))])
    assert not nothing.tallies
    assert not target.cases


def test_several_calls_are_noted_as_one_and_left_out_as_one() -> None:
    drawn = structures(find("narrow"), SMOKE, seed_of("narrow", 0), with_hypothesis)
    several = next(one for one in drawn if one.calls)
    notes = Notes()
    check, _ = verification(Sound(), "narrow", in_flight=notes)
    check.structures([several])
    assert [(text, part) for _, _, text, _, part in notes.begun] == [(several.text, "agrees")]
    assert notes.under_way == 0
    assert check.drawn == len(several.calls)
    left_out, _ = verification(target := Sound(), "narrow", in_flight=Notes("agrees"))
    left_out.structures([several])
    assert not left_out.tallies
    assert not target.cases


# -- the cells ---------------------------------------------------------------------------------------------------------


def cells(*drawn: Structure) -> list[Any]:
    check, events = verification(Sound(), only=frozenset({"agrees", "out"}))
    check.structures(drawn)
    assert check.finish() == []
    return [event.cell for event in events if isinstance(event, CellEvent)]


def test_a_cell_of_each_property_and_dtype_with_the_time_and_what_was_drawn() -> None:
    one, other = structure(), structure(dtype=FLOAT64)
    found = cells(one, other)
    assert {(cell.property, cell.dtype) for cell in found} == {
        (prop, dtype) for prop in ("agrees", "out") for dtype in ("float32", "float64")
    }
    assert {(cell.operation, cell.target, cell.family) for cell in found} == {("exp", "sound", found[0].family)}
    assert len({cell.cases for cell in found}) == 1
    assert {cell.cases for cell in cells(one)} != {cell.cases for cell in found}


def test_what_was_drawn_is_told_by_whole_structures_alone() -> None:
    one = structure()
    assert {cell.cases for cell in cells(one)} == {cell.cases for cell in cells(one, of_rows(1))}
