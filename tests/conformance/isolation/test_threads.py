"""A copy of a process that had other threads waits for none of them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import sys, torch
from conformance.cli import main

torch.set_num_threads(4)
torch.ones(2**20).exp().sum()  # starts them
torch.ones(500, 500) @ torch.ones(500, 500)
sys.exit(main(["soak", "abs", "--minutes", "0.01", "--target", "cpu", "--report-dir", sys.argv[1]]))
"""


def test_what_has_many_elements_is_computed_in_a_copy_of_a_process_with_threads(tmp_path: Path) -> None:
    environment = {**os.environ, "OMP_NUM_THREADS": "4"}
    command = [sys.executable, "-W", "ignore", "-c", SCRIPT, str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr
