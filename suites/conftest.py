"""What holds for the suites alone: there is a torch to test, and its warnings are its own affair."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.targets.registry import TargetError, choose_targets

HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """A target that is not here is a wrong call, answered with one line before anything is collected."""
    if hasattr(session.config, "workerinput"):
        return
    asked = [name for option in session.config.getoption("--target") for name in option.split(",")]
    try:
        choose_targets(asked)
    except TargetError as error:
        raise pytest.UsageError(str(error)) from None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let every warning pass in this folder: as an error, it would look like a refusal by torch."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.filterwarnings("ignore"))
