"""What is examined of a structure, in which order, and what is counted."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from conformance import discrepancy, verify
from conformance.model.case import Case
from conformance.model.observation import Aspect
from conformance.model.run import CellEvent, DiscrepancyEvent
from conformance.model.verdict import Outcome
from conformance.operations import find
from conformance.properties import every_property
from conformance.structures import FIRST, Structure, takes_turns
from conformance.verify import properties_of
from reference.dtypes import FLOAT32, FLOAT64, DType
from tests.conformance.verifying import (
    Notes,
    Sound,
    WrongEverywhere,
    blind_target,
    of_rows,
    outcomes,
    several_calls,
    structure,
    verification,
)

# As in the suites: what NumPy warns of is no failure.
pytestmark = pytest.mark.filterwarnings("ignore")


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


def test_every_structure_counts() -> None:
    check, _ = verification(Sound(), only=frozenset({"agrees"}))
    for seed in (1, 1, 2):
        check.structures([replace(structure(seed=seed), brief=("agrees",))])
        check.check(structure(seed=seed))
    assert check.drawn == 6
    assert sum(outcomes(check).values()) > 6


def test_of_a_structure_the_properties_are_examined_whose_turn_it_is() -> None:
    names = takes_turns()
    for place in range(2):
        check, _ = verification(Sound())
        check.structures([replace(structure(), place=place, turns=2)])
        found = {prop for prop, _ in check.tallies}
        assert {name for name in found if name in names and names.index(name) % 2 != place} <= {
            name for name, prop in every_property().items() if prop.of_every_dtype
        }
    blind, _ = verification(blind_target(), "add")
    own = names.index("promotion") % 2
    for place in (1 - own, own):
        blind.structures([replace(structure("add"), place=place, turns=2)])
        assert (("promotion", "float32") in blind.tallies) is (place == own)


def test_without_data_nothing_is_examined_that_needs_it() -> None:
    assert properties_of(find("numpy"), Sound())
    assert properties_of(find("numpy"), blind_target()) == []


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
    check, _ = verification(blind_target())
    for telling in (False, True):
        check.structures([replace(structure(), telling=telling), replace(structure(), telling=telling, brief=FIRST)])
        assert check.drawn == 2 * telling


def test_what_a_deviation_describes_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Any, ...]] = []
    monkeypatch.setattr(discrepancy, "matching", lambda *args: asked.append(args) or "an entry")
    check, _ = verification(WrongEverywhere())
    check.structures([of_rows(1)])
    assert (outcomes(check), check.failures) == ({Outcome.KNOWN: 1}, {})
    ((*names, difference, case),) = asked
    assert names == ["exp", "agrees", "sound", "float32"]
    assert (difference.aspect, case) == (Aspect.VALUES, of_rows(1).base)


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


def test_what_a_target_lacks_is_asked_of_each_call_alone() -> None:
    class Lacking(Sound):
        def lacks(self, case: Case) -> bool:
            return len(case.steps) > 1 or case.steps[0].args[2] == lacking

    several = several_calls()
    lacking = several.calls[0].base.steps[0].args[2]
    check, _ = verification(target := Lacking(), "narrow")
    check.structures([several])
    found = outcomes(check, dtype=several.dtype.name)
    assert 0 < found[Outcome.INAPPLICABLE] < sum(found.values()) == len(several.calls)
    assert {len(case.steps) for case in target.cases} <= {1}


def test_several_calls_are_noted_as_one_and_left_out_as_one() -> None:
    several, notes = several_calls(), Notes()
    check, _ = verification(Sound(), "narrow", in_flight=notes)
    check.structures([several])
    assert [(text, part) for _, _, text, _, part in notes.begun] == [(several.text, "agrees")]
    assert notes.under_way == 0
    assert check.drawn == len(several.calls)
    left_out, _ = verification(target := Sound(), "narrow", in_flight=Notes("agrees"))
    left_out.structures([several])
    assert not left_out.tallies
    assert not target.cases


def test_calls_that_ended_a_process_together_are_examined_alone() -> None:
    several = several_calls()

    class Together(Notes):
        def begin(self, operation: str, target: str, text: str, seed: int, part: str) -> bool:
            return text != several.text and super().begin(operation, target, text, seed, part)

    check, _ = verification(target := Sound(), "narrow", in_flight=Together())
    check.structures([several])
    assert sum(outcomes(check, dtype=several.dtype.name).values()) == check.drawn == len(several.calls)
    assert {len(case.steps) for case in target.cases} == {1}


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


def test_what_broke_is_proven_and_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Any, ...]] = []
    monkeypatch.setattr(verify, "prove", lambda failures, *args: asked.append(([*failures], *args)) or ["proven"])
    check, events = verification(WrongEverywhere(), in_flight=(notes := Notes()))
    check.structures([structure()])
    assert check.finish() == ["proven"]
    assert asked == [([*check.failures.values()], check.target, notes)]
    assert [event.discrepancy for event in events if isinstance(event, DiscrepancyEvent)] == ["proven"]


@pytest.mark.parametrize("dtypes", [[FLOAT32], [FLOAT32, FLOAT64]])
def test_the_time_is_shared_by_the_cells(dtypes: list[DType], monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(perf_counter=lambda: 3.0)
    monkeypatch.setattr(verify, "time", clock)
    check, events = verification(Sound(), only=frozenset({"agrees"}))
    check.structures([structure(dtype=dtype) for dtype in dtypes])
    clock.perf_counter = lambda: 7.0
    check.finish()
    seconds = [event.cell.seconds for event in events if isinstance(event, CellEvent)]
    assert seconds == [4.0 / len(dtypes)] * len(dtypes)


def test_what_was_drawn_is_told_by_whole_structures_alone() -> None:
    one = structure()
    assert {cell.cases for cell in cells(one)} == {cell.cases for cell in cells(one, of_rows(1))}
