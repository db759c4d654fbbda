"""Many operations in one compiled graph: values, gradients, layout and aliasing are those of the reference."""

from __future__ import annotations

import pytest

from conformance.profiles import PARTS, PROFILES
from conformance.session import Session, failure_text


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Take the parts of the operations that the profile has time for."""
    profile = PROFILES[metafunc.config.getoption("--profile")]
    metafunc.parametrize("part", profile.parts_for(metafunc.config.getoption("--seed")))


def test_modes(part: int, bulk_target: str, session: Session) -> None:
    found = session.modes(part, PARTS, bulk_target)
    if found:
        pytest.fail(failure_text(found), pytrace=False)
