"""The known deviations: each must still be one, and none be kept beyond its time."""

from __future__ import annotations

import pytest

from conformance.session import Session


def test_deviations(target: str, session: Session) -> None:
    problems = session.deviations(target)
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)


def test_deviations_in_bulk(bulk_target: str, session: Session) -> None:
    problems = session.deviations(bulk_target)
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)
