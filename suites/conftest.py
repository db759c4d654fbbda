"""What holds for the suites alone: there is a torch to test, and its warnings are its own affair."""

from __future__ import annotations

import importlib
import tempfile
from contextlib import suppress
from functools import partial
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from conformance.claims import Claims
from conformance.isolation.client import IsolatedSession
from conformance.session import Session
from conformance.targets.registry import TargetError, choose_targets

if TYPE_CHECKING:  # collected where there is no torch, too, to say so
    import torch

    from conformance.targets.torch.eager import TorchTarget

HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """What cannot work is a wrong call, answered with one line before anything is collected or a worker started."""
    if hasattr(session.config, "workerinput"):
        return
    _check_writable(Path(session.config.getoption("--report-dir")))
    asked = [name for option in session.config.getoption("--target") for name in option.split(",")]
    try:
        choose_targets(asked)
    except TargetError as error:
        raise pytest.UsageError(str(error)) from None


def _check_writable(directory: Path) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=directory).close()
    except OSError as error:
        raise pytest.UsageError(f"--report-dir: cannot write {directory}: {error.strerror or error}") from None


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Make claims in a process of their own, as cases are run in one: what ends it is a claim that does not hold."""
    session, claims = pyfuncitem.funcargs.get("session"), pyfuncitem.funcargs.get("claims")
    if not isinstance(session, IsolatedSession) or not isinstance(claims, Claims) or not session.isolates_claims:
        return None
    given = {name: pyfuncitem.funcargs[name] for name in signature(pyfuncitem.obj).parameters}
    session.claim(claims, partial(pyfuncitem.obj, **given), pyfuncitem.name)
    return True


@pytest.fixture
def target_with_values(valued_target: str, session: Session) -> TorchTarget:
    """The target as torch on a device, for claims that call torch themselves."""
    opened = session.target(valued_target)
    assert hasattr(opened, "device"), f"{valued_target} is no device of torch"
    return cast("TorchTarget", opened)


@pytest.fixture
def device(target_with_values: TorchTarget) -> torch.device:
    return target_with_values.device


@pytest.fixture(scope="module")
def dynamo() -> None:
    """Import what torch imports at the first optimizer, so that no copy of this process has to."""
    with suppress(ImportError):  # of a torch that has none
        importlib.import_module("torch._dynamo")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let every warning pass in this folder: as an error, it would look like a refusal by torch."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.filterwarnings("ignore"))
