"""What has many elements is computed in several threads, but in a copy of a process that had others: it would wait for
them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from conformance.discrepancy import Failure, reduced
from conformance.drivers import seed_of, with_hypothesis
from conformance.model.case import Case, Drawn, Input, Ref, Step
from conformance.model.store import load_run
from conformance.operations import find
from conformance.profiles import PROFILES
from conformance.structures import structures
from conformance.threads import MANY, SEVERAL, has_many_elements
from conformance.verify import Verification
from tests.conformance.planted.planting import Fault, FaultyTarget, Plant

SMOKE = PROFILES["smoke"]
# As in the suites: as an error, a warning would look like a refusal by torch.
pytestmark = pytest.mark.filterwarnings("ignore")
START_THREADS = """
torch.set_num_threads(4)
torch.ones(2**20).exp().sum()
torch.ones(500, 500) @ torch.ones(500, 500)
"""
SCRIPT = """
import sys, torch
from conformance.cli import main
{before}
sys.exit(main(["soak", "abs", "--minutes", "0.01", "--target", "cpu", "--report-dir", sys.argv[1]]))
"""


@pytest.mark.parametrize(("before", "noted"), [(START_THREADS, 1), ("", 0)], ids=["threads", "none"])
def test_a_session_in_a_process_with_threads_computes_in_one_and_says_so(
    tmp_path: Path, before: str, noted: int
) -> None:
    environment = {**os.environ, "OMP_NUM_THREADS": "4"}
    command = [sys.executable, "-W", "ignore", "-c", SCRIPT.format(before=before), str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr
    (directory,) = (path.parent for path in tmp_path.rglob("run.json"))
    assert len([note for note in load_run(directory).notes if "in one thread" in note.text]) == noted


def last_wrong_in_several(real: Plant, *args: Any, **kwargs: Any) -> Any:
    result = real(*args, **kwargs)
    if torch.get_num_threads() > 1:
        result.view(-1)[-1] = 7
    return result


def on(*, parallel: bool) -> FaultyTarget:
    return in_one_thread(Fault("last part", "it is wrong", "clone", "agrees", last_wrong_in_several), parallel=parallel)


def in_one_thread(fault: Fault, *, parallel: bool) -> FaultyTarget:
    """A target as in a worker, which computes in one thread, or where there are many elements in several."""
    target = FaultyTarget(fault)
    target.after_fork()
    target.parallel = parallel
    return target


@pytest.mark.parametrize(("length", "threads"), [(MANY, SEVERAL), (MANY - 1, 1)])
def test_the_threads_depend_on_the_elements_of_the_case(length: int, threads: int) -> None:
    seen = []
    target = on(parallel=True)
    target.fault = Fault(
        "", "", "abs", "agrees", lambda real, *args: seen.append(torch.get_num_threads()) or real(*args)
    )
    given = Input("input", (length,), "float32", (1,), 0, length, Drawn("small", 1))
    target.run(Case((given,), (Step("abs", "function", (Ref("input"),), results=("result",)),)))
    assert (seen, torch.get_num_threads()) == ([threads], 1)


@pytest.mark.parametrize("seed", range(3))
def test_what_is_wrong_in_several_threads_alone_is_met_and_its_script_starts_them(seed: int) -> None:
    target = on(parallel=True)
    found = [reduced(failure, target) for failure in failures(target, seed)]
    assert found
    assert all(has_many_elements(one.case) for one in found)
    assert all(f"torch.set_num_threads({SEVERAL})" in one.script for one in found)
    assert not failures(on(parallel=False), seed)


def failures(target: FaultyTarget, seed: int) -> list[Failure]:
    check = Verification(find("clone"), target, SMOKE, lambda event: None)
    check.structures(structures(check.operation, SMOKE, seed_of("clone", seed), with_hypothesis))
    return list(check.failures.values())
