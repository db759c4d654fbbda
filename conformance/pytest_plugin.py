"""The pytest plugin: options, one item per operation and target, a record of the run, and the report at its end."""

from __future__ import annotations

import secrets
import time
from pathlib import Path
from typing import Any

import pytest

from conformance.isolation.options import add_limits, limits_of
from conformance.profiles import PROFILES

RUN_KEY = "conformance_run"
_directory = pytest.StashKey[Path]()
_session = pytest.StashKey[Any]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("conformance", "PyTorch conformance")
    group.addoption("--target", action="append", default=[], metavar="NAME", help="test only this target (repeatable)")
    group.addoption("--profile", default="standard", choices=sorted(PROFILES), help="how much is drawn")
    group.addoption("--report-dir", default="reports/out", metavar="DIR", help="where runs are kept")
    group.addoption("--seed", type=int, default=0, help="the same seed gives the same cases")
    group.addoption("--no-isolation", action="store_true", help="run everything in this process, for a debugger")
    add_limits(group.addoption)
    group.addoption("--property", action="append", default=[], metavar="NAME", help="check only these properties")


def pytest_configure(config: pytest.Config) -> None:
    worker_input = getattr(config, "workerinput", None)
    if worker_input is not None:
        config.stash[_directory] = Path(worker_input[RUN_KEY])
        return
    run_id = f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"
    config.stash[_directory] = Path(config.getoption("--report-dir")) / run_id


def pytest_configure_node(node: Any) -> None:
    """Tell an xdist worker which run it belongs to."""
    node.workerinput[RUN_KEY] = str(node.config.stash[_directory])


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrize the suites: ``operation`` over all operations, ``target`` over the available targets.

    ``valued_target`` is one that shows values, ``bulk_target`` one that runs many cases as one and none on its own.
    """
    if "operation" in metafunc.fixturenames:
        from conformance.operations import every_operation

        metafunc.parametrize("operation", list(every_operation()))
    if "target" in metafunc.fixturenames:
        metafunc.parametrize("target", chosen_targets(metafunc.config))
    if "valued_target" in metafunc.fixturenames:
        metafunc.parametrize("valued_target", chosen_targets(metafunc.config, with_values=True))
    if "bulk_target" in metafunc.fixturenames:
        metafunc.parametrize("bulk_target", chosen_bulk_targets(metafunc.config))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what no chosen target is for: as skipped, it would look like something that is missing."""
    without = [item for item in items if _is_for_no_target(item)]
    if without:
        config.hook.pytest_deselected(items=without)
        items[:] = [item for item in items if item not in without]


def _is_for_no_target(item: pytest.Item) -> bool:
    reasons = (str(mark.kwargs.get("reason")) for mark in item.iter_markers("skip"))
    return any(reason.startswith("got empty parameter set") and "target" in reason for reason in reasons)


def chosen_targets(config: pytest.Config, *, in_bulk: bool = False, with_values: bool = False) -> list[str]:
    """The targets asked for, or all that are here; a name that is neither, or no torch at all, is a usage error."""
    from conformance.targets.registry import TargetError, choose_targets, kind_of
    from conformance.targets.torch.presence import TorchMissing, require_torch

    asked = [name for option in config.getoption("--target") for name in option.split(",")]
    try:
        require_torch()
        kinds = {name: kind_of(name) for name in choose_targets(asked)}
    except (TargetError, TorchMissing) as error:
        raise pytest.UsageError(str(error)) from None
    return [name for name, kind in kinds.items() if kind.in_bulk is in_bulk and kind.has_values >= with_values]


def chosen_bulk_targets(config: pytest.Config) -> list[str]:
    """The targets that run many cases as one, where the profile has time to prepare any."""
    return chosen_targets(config, in_bulk=True) if PROFILES[config.getoption("--profile")].compiled else []


@pytest.fixture(scope="session")
def session(request: pytest.FixtureRequest) -> Any:
    """The conformance session of this worker."""
    from conformance.isolation.client import IsolatedSession
    from conformance.isolation.process import supported
    from conformance.model.store import RunError
    from conformance.session import Session

    config = request.config
    worker = getattr(config, "workerinput", {}).get("workerid", "main")
    isolated = supported() and not config.getoption("--no-isolation")
    made = (IsolatedSession if isolated else Session)(
        config.stash[_directory],
        worker,
        PROFILES[config.getoption("--profile")],
        config.getoption("--seed"),
        frozenset(config.getoption("--property")),
        limits=limits_of(config.getoption("--timeout-per-case"), config.getoption("--memory-per-process")),
    )
    if isolated:
        _preload(chosen_targets(config))
    try:
        made.open()
    except RunError as error:
        pytest.exit(f"--report-dir: {error}", returncode=pytest.ExitCode.USAGE_ERROR)
    if worker in ("main", "gw0"):
        made.write_environment()
    config.stash[_session] = made
    return made


def _preload(targets: list[str]) -> None:
    """Import what torch imports at the first call on these targets, so that no copy of this process has to."""
    from conformance.targets.registry import kind_of

    for kind in map(kind_of, targets):
        if kind.survives_fork:
            kind.preload()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Note that this worker ended, and how: an interrupted run counts as cut short."""
    made = session.config.stash.get(_session, None)
    if made is not None:
        made.close(int(exitstatus))


def pytest_terminal_summary(terminalreporter: Any, exitstatus: int, config: pytest.Config) -> None:
    """Render the run and print its table and where the report is."""
    directory = config.stash[_directory]
    if getattr(config, "workerinput", None) is not None or not directory.exists():
        return
    from conformance.model.store import load_run
    from reports.summary import summarise
    from reports.terminal import print_summary
    from reports.write import write_reports_of

    terminalreporter.section("conformance")
    summary = summarise(load_run(directory))
    index = write_reports_of(summary, directory)
    print_summary(summary)
    terminalreporter.write_line(f"report: {index}")
