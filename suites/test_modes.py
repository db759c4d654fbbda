"""Many operations in one compiled graph: values, gradients, layout and aliasing are those of the reference."""

from __future__ import annotations

import pytest

from conformance.profiles import PARTS, PROFILES
from conformance.session import Session, failure_text


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Take the parts of the operations that the profile has time for: seeds in a row take one after another."""
    first = metafunc.config.getoption("--seed")
    parts = PROFILES[metafunc.config.getoption("--profile")].parts
    metafunc.parametrize("part", [(first + number) % PARTS for number in range(parts)])


def test_modes(part: int, bulk_target: str, session: Session) -> None:
    found = session.modes(part, PARTS, bulk_target)
    if found:
        pytest.fail(failure_text(found), pytrace=False)
