"""Every planted fault is caught by the property that is meant for it, in a small case; torch without it is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod
from pathlib import Path

import pytest

from conformance import discrepancy
from conformance.model.case import Case
from conformance.model.verdict import Discrepancy
from conformance.profiles import PROFILES
from conformance.session import Session, failure_text
from conformance.targets.interpreter import Interpreter
from conformance.targets.torch.eager import MetaTarget, TorchTarget
from tests.conformance.planted import autograd_faults, index_faults, memory_faults, value_faults
from tests.conformance.planted.planting import Fault, FaultyTarget

FAULTS = [*value_faults.FAULTS, *index_faults.FAULTS, *memory_faults.FAULTS, *autograd_faults.FAULTS]
CHECKED = sorted({(fault.verified, fault.property, fault.device) for fault in FAULTS})
SMOKE = PROFILES["smoke"]
STANDARD = PROFILES["standard"]
# As many runs of the smoke profile as make one of the standard profile; most faults are caught in the first.
SEEDS = range((STANDARD.structures + 2 * STANDARD.every_dtype) // SMOKE.structures)

# As in the suites: as an error, a warning would look like a refusal by torch.
pytestmark = pytest.mark.filterwarnings("ignore")

Check = Callable[[Interpreter, str, str, int], list[Discrepancy]]


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Check]:
    """What one property of an operation finds on a target, in the smoke profile; no script is run."""
    monkeypatch.setattr(discrepancy, "confirm", lambda scripts, times: [(times, times) for _ in scripts])
    opened: list[Session] = []

    def checked(target: Interpreter, operation: str, prop: str, seed: int) -> list[Discrepancy]:
        session = Session(tmp_path, f"seed{seed}", SMOKE, seed, frozenset({prop}))
        session.targets[target.name] = target
        opened.append(session)
        return session.verify(operation, target.name)

    yield checked
    for session in opened:
        session.close(0)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_the_property_meant_for_a_fault_catches_it(fault: Fault, check: Check) -> None:
    target = FaultyTarget(fault)
    runs = (check(target, fault.verified, fault.property, seed) for seed in SEEDS)
    found = next((found for found in runs if found), None)
    assert found, f"{fault.property} did not see: {fault.wrong}"
    assert_small(min((one.case for one in found), key=size), fault)


def assert_small(case: Case, fault: Fault) -> None:
    assert len(case.steps) <= fault.steps
    assert size(case)[1] <= fault.elements


def size(case: Case) -> tuple[int, int]:
    """The number of steps, and of elements of the largest input."""
    return len(case.steps), max((prod(given.shape) for given in case.inputs), default=0)


@pytest.mark.parametrize("seed", SEEDS[:2])
@pytest.mark.parametrize(("called", "prop", "device"), CHECKED)
def test_without_a_fault_nothing_is_found(called: str, prop: str, device: str, seed: int, check: Check) -> None:
    found = check(MetaTarget() if device == "meta" else TorchTarget(device), called, prop, seed)
    assert not found, failure_text(found)
