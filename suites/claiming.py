"""What every suite of claims does: it makes claims of a target, and fails at the end of a test that has broken any."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from conformance.claims import Claims
from conformance.model.verdict import Basis
from conformance.session import Session, failure_text


@contextmanager
def claiming(subject: str, family: str, target: str, basis: Basis, session: Session) -> Iterator[Claims]:
    """The claims of one test; what does not hold fails it at its end."""
    made = Claims(subject, family, target, basis, session.record, session.only)
    yield made
    found = made.finish()
    if found:
        pytest.fail(failure_text(found), pytrace=False)


def refusal(call: Callable[[], Any]) -> str:
    """The kind of the exception that a call raises."""
    try:
        call()
    except Exception as error:
        return type(error).__name__
    return "no refusal"
