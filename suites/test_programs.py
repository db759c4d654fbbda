"""Random programs of views, writes, NumPy sharing, tracking and backward passes, compared after every step."""

from __future__ import annotations

import pytest

from conformance.session import Session, failure_text

CHUNKS = 6


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_programs(chunk: int, target: str, session: Session) -> None:
    found = session.programs(chunk, CHUNKS, target)
    if found:
        pytest.fail(failure_text(found), pytrace=False)
