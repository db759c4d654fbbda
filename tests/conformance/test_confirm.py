"""Confirming: exit statuses counted, faults and devices seen as a user's process would see them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from conformance import confirm as confirming
from conformance.confirm import REPRODUCED, can_fork, confirm

pytest.importorskip("torch")

FAULT = """
import importlib.abc, importlib.machinery, sys

class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name != "torch":
            return None
        sys.meta_path.remove(self)
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        load = spec.loader.exec_module

        def exec_module(module):
            load(module)
            module.exp = module.tanh

        spec.loader.exec_module = exec_module
        return spec

sys.meta_path.insert(0, Finder())
"""
EXP = "import sys, torch\nsys.exit(1 if torch.exp(torch.zeros(3)).sum() != 3 else 0)"


def test_statuses_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirming, "_fresh", lambda path, timeout: 0)
    scripts = [
        "import sys, torch; sys.exit(1)",
        "import sys; sys.exit(0)",
        "import sys; sys.exit(125)",
        "import os; os.abort()",
        "raise ValueError('a fault of the script')",
        "import sys; sys.exit('a message')",
        "import time; time.sleep(60)",
    ]
    assert confirm(scripts, times=2, timeout=1) == [(2, 2), *[(0, 2)] * 6]


def test_those_tried_but_once_are_tried_whatever_ends_the_others() -> None:
    fork = "import os, sys\nif os.fork() == 0: sys.exit(0)\nsys.exit(1 if os.wait()[1] == 0 else 3)"
    scripts = [f"import sys; sys.exit({REPRODUCED})", "import os; os.abort()", fork, "import time; time.sleep(60)"]
    assert confirm([*scripts, scripts[0]], times=1, timeout=2) == [(1, 1), (0, 1), (1, 1), (0, 1), (1, 1)]


def test_what_happens_only_sometimes_is_counted_as_often(tmp_path: Path) -> None:
    flip = f"import os, sys\ntry: os.mkdir({str(tmp_path / 'first')!r})\nexcept OSError: sys.exit(0)\nsys.exit(1)"
    assert confirm([flip], times=3) == [(1, 3)]


def test_what_holds_in_forks_is_tried_in_fresh_processes() -> None:
    threads = "import sys, torch\nsys.exit(1 if '-c' not in sys.orig_argv else 0)"
    assert confirm([threads], times=1) == [(1, 1)]


def test_a_fault_on_the_python_path_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert confirm([EXP], times=1) == [(0, 1)]
    (tmp_path / "sitecustomize.py").write_text(FAULT)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert confirm([EXP], times=2) == [(2, 2)]


def test_a_lost_supervisor_is_replaced() -> None:
    """The script, in a fork, ends the supervisor; then a process of its own reproduces."""
    end = "import os, signal, sys\nif '-c' in sys.orig_argv: os.kill(os.getppid(), signal.SIGKILL)\nsys.exit(1)"
    assert confirm([end], times=1) == [(1, 1)]
    assert confirm([EXP.replace("!= 3", "== 3")], times=2) == [(2, 2)]


def test_a_copy_of_this_process_imports_nothing_again() -> None:
    process = confirming.prepare()
    assert confirm(["import sys\nsys.exit(1 if 'pytest' in sys.modules else 0)"], times=2) == [(2, 2)]
    process.kill()
    assert confirm([EXP.replace("!= 3", "== 3")], times=1) == [(1, 1)]


def test_an_answer_to_one_who_did_not_live_to_read_it_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "left.py").write_text("import sys; sys.exit(0)")
    process = confirming.prepare()
    process.send(([tmp_path / "left.py"], 9))
    assert confirm(["import sys; sys.exit(1)"], times=2) == [(2, 2)]
    process.kill()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
def test_no_context_on_an_accelerator_is_forked() -> None:
    assert can_fork('x = torch.zeros(3, device="meta")')
    for device in ("cuda:0", "cuda", "mps"):
        assert not can_fork(f'x = torch.zeros(3, device="{device}")')


def test_nothing_to_confirm_starts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", None)
    assert confirm([]) == []
