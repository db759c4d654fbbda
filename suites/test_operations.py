"""Every operation on every target: structures are drawn, and every property is examined on each."""

from __future__ import annotations

import pytest

from conformance.session import Session, failure_text


def test_operation(operation: str, target: str, session: Session) -> None:
    found = session.verify(operation, target)
    if found:
        pytest.fail(failure_text(found), pytrace=False)
