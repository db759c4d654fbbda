"""Claims: what holds is counted, what does not becomes a discrepancy; LeNet's integers are exact in any order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from conformance import lenet
from conformance.accuracy import Network
from conformance.claims import Claims
from conformance.environment import collect_environment
from conformance.model.run import CellEvent, DiscrepancyEvent, Event
from conformance.model.store import load_run
from conformance.model.verdict import Documented, Outcome
from conformance.recorder import Recorder
from reference.dtypes import FLOAT32, FLOAT64
from reports.write import write_reports

PAGE = Documented("https://docs.pytorch.org/tutorials")
VALUES = np.array([1.0, 2.0, 3.0])


def claims(events: list[Event], only: frozenset[str] = frozenset()) -> Claims:
    return Claims("LeNet 3x3", "networks", "cpu", PAGE, events.append, only)


def test_what_holds_is_counted() -> None:
    events: list[Event] = []
    made = claims(events)
    made.same("agrees", "printed", "Net()", "Net()")
    made.exact("agrees", "values", {"a": VALUES}, {"a": VALUES.copy()})
    made.exact("agrees", "zeros", {"a": np.array([0.0])}, {"a": np.array([-0.0])})
    assert not made.finish()
    cells = [event.cell for event in events if isinstance(event, CellEvent)]
    assert {cell.dtype: cell.tally.outcomes for cell in cells} == {
        "float32": {Outcome.HELD: 1},
        "float64": {Outcome.HELD: 2},
    }


@pytest.mark.parametrize(
    "actual",
    [
        {"a": np.array([1.0, 2.5, 3.0])},
        {"a": np.array([1.0, np.nan, 3.0])},
        {"a": VALUES.astype(np.float32)},
        {"a": VALUES.reshape(3, 1)},
        {},
    ],
    ids=("value", "nan", "dtype", "shape", "missing"),
)
def test_what_differs_is_a_discrepancy(actual: dict[str, np.ndarray]) -> None:
    events: list[Event] = []
    made = claims(events)
    made.exact("gradient", "values", {"a": VALUES}, actual)
    (found,) = made.finish()
    assert (found.operation, found.property, found.variable) == ("LeNet 3x3", "gradient", "values: a")
    assert found.basis == PAGE
    assert [event.discrepancy for event in events if isinstance(event, DiscrepancyEvent)] == [found]


def test_wrong_elements_are_named_with_their_bits() -> None:
    made = claims([])
    made.exact("agrees", "values", {"a": VALUES}, {"a": np.array([1.0, 2.5, 3.0])})
    (element,) = made.found[0].elements
    assert (element.index, element.expected, element.actual) == ((1,), "2.0", "2.5")
    assert element.expected_bits != element.actual_bits


def test_only_the_properties_asked_for_count() -> None:
    made = claims([], only=frozenset({"gradient"}))
    made.same("agrees", "printed", "Net()", "Other()")
    assert not made.finish()
    assert not made.tallies


def test_a_report_shows_a_claim_that_does_not_hold(tmp_path: Path) -> None:
    with Recorder(tmp_path) as recorder:
        recorder.write_environment(collect_environment("smoke", 0, run_id="run"))
        made = Claims("LeNet 3x3", "networks", "cpu", PAGE, recorder.record)
        made.same("agrees", "the printed form", "Net()", "Other()")
        made.finish()
    assert [one.variable for one in load_run(tmp_path).discrepancies] == ["the printed form"]
    page = write_reports(tmp_path).read_text("utf-8")
    assert "the printed form" in page
    assert "LeNet 3x3" in page


# -- LeNet ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kernel", [3, 5])
@pytest.mark.parametrize("seed", [1, 7])
def test_no_sum_of_the_integer_problem_is_rounded(kernel: int, seed: int) -> None:
    """Even if all terms had one sign, no sum would leave the integers that float64 holds."""
    problem = lenet.integer_problem(kernel, seed)
    sizes = {name: np.abs(values) for name, values in problem.parameters.items()}
    largest = replace(problem, parameters=sizes, images=np.abs(problem.images), cotangent=np.abs(problem.cotangent))
    found = lenet.forward_and_backward(largest)
    assert max(array.max() for array in found.values()) < 2.0**53
    assert all(array.any() for array in lenet.forward_and_backward(problem).values()), "a gradient is all zeros"


@pytest.mark.parametrize("kernel", [3, 5])
def test_a_fault_in_a_network_is_larger_than_its_bound(kernel: int) -> None:
    """One weight of the first layer forgotten, and float16 in the last: both far beyond what float32 may round."""
    problem = lenet.random_problem(kernel, 1)
    exact, eager = lenet.losses(problem, FLOAT64), lenet.losses(problem, FLOAT32)
    bound = Network(tolerance=10 * 2.0**-17)
    honest = claims([])
    honest.near("agrees", "float32", exact, eager, eager, bound)
    assert not honest.finish()
    first, last = problem.parameters["conv1.weight"].copy(), problem.parameters["fc3.weight"]
    first[0, 0, 0, 0] = 0
    for name, faulty in (("conv1.weight", first), ("fc3.weight", last.astype(np.float16).astype(np.float32))):
        made = claims([])
        wrong = lenet.losses(replace(problem, parameters=problem.parameters | {name: faulty}), FLOAT32)
        made.near("agrees", "float32", exact, eager, wrong, bound)
        assert "float32: scores" in {found.variable for found in made.finish()}
