"""The known deviations: each must still be one, and none be kept beyond its time."""

from __future__ import annotations

import pytest

from conformance.pytest_plugin import chosen_bulk_targets, chosen_targets
from conformance.session import Session


def test_deviations(pytestconfig: pytest.Config, session: Session) -> None:
    targets = [*chosen_targets(pytestconfig), *chosen_bulk_targets(pytestconfig)]
    problems = session.deviations(targets)
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)
