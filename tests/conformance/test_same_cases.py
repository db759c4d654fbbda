"""The same seed gives the same cases: in every run, on every target, whatever other targets are tested beside it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from conformance.choices import Choices, SeededChoices
from conformance.model.codec import encode_case
from conformance.model.run import CellEvent, Event
from conformance.operations import every_operation
from conformance.profiles import PROFILES
from conformance.properties import every_property
from conformance.session import Session
from conformance.strategies.cases import draw_case, dtypes_of
from conformance.strategies.programs import draw_program
from conformance.targets.reference import ReferenceTarget

# As in the suites, whose cases these are: what NumPy or torch warns of is no failure.
pytestmark = pytest.mark.filterwarnings("ignore")

TINY = replace(PROFILES["smoke"], structures=2, rows=4, programs=20)
OPERATIONS = ("add", "view", "getitem", "expand", "randperm", "sum", "backward", "from_numpy")
Digests = dict[tuple[str, str, str, str], str]


class Quiet(Session):
    """A session that keeps its events instead of writing them."""

    events: list[Event]

    def record(self, event: Event) -> None:
        self.events.append(event)


def digests(*targets: str, seed: int = 0) -> Digests:
    """The digest of every cell of a session, by operation, property, dtype and target."""
    session = Quiet(Path(), "test", TINY, seed)
    session.events = []
    # Nothing is recorded on disk: there is no run directory.
    session.__dict__["recorder"] = type("NoRecorder", (), {"in_flight": None})()
    for name in OPERATIONS:
        for target in targets:
            session.verify(name, target)
    for target in targets:
        session.programs(0, 1, target)
    cells = [event.cell for event in session.events if isinstance(event, CellEvent)]
    return {(cell.operation, cell.property, cell.dtype, cell.target): cell.cases for cell in cells}


@pytest.fixture(scope="module")
def alone() -> Digests:
    return digests("cpu")


def test_two_runs_see_the_same_cases(alone: Digests) -> None:
    assert len(alone) > 100
    assert digests("cpu") == alone


def test_another_target_beside_it_changes_nothing(alone: Digests) -> None:
    both = digests("meta", "cpu")
    assert {key: digest for key, digest in both.items() if key[3] == "cpu"} == alone


def test_every_target_sees_the_same_cases(alone: Digests) -> None:
    meta = digests("meta")
    shared = {key for key in meta if (*key[:3], "cpu") in alone}
    assert len(shared) > 30
    assert {key: alone[(*key[:3], "cpu")] for key in shared} == {key: meta[key] for key in shared}


def test_another_seed_gives_other_cases(alone: Digests) -> None:
    other = digests("cpu", seed=1)
    same = [key for key in alone if other.get(key) == alone[key]]
    assert not same


def derived(choices: Choices, name: str) -> list[str]:
    """Every case that any property derives from a drawn one."""
    operation = every_operation()[name]
    base = draw_case(choices, operation, dtypes_of(operation)[0])
    found = [encode_case(base)]
    for prop in every_property().values():
        if prop.applies(operation, ReferenceTarget()):
            found += [encode_case(case) for case in prop.derive(base, operation, SeededChoices(1))]
    return found


@pytest.mark.parametrize("name", OPERATIONS)
def test_what_was_derived_before_does_not_change_what_is_derived_next(name: str) -> None:
    first = derived(SeededChoices(5), name)
    derived(SeededChoices(6), name)
    assert derived(SeededChoices(5), name) == first


def test_programs_do_not_depend_on_those_drawn_before() -> None:
    first = encode_case(draw_program(SeededChoices(5)).case)
    draw_program(SeededChoices(6))
    assert encode_case(draw_program(SeededChoices(5)).case) == first
