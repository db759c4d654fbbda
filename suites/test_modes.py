"""Many operations in one compiled graph: values, gradients, layout and aliasing are those of the reference."""

from __future__ import annotations

import pytest

from conformance.session import Session, failure_text

CHUNKS = 4


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_modes(chunk: int, bulk_target: str, session: Session) -> None:
    found = session.modes(chunk, CHUNKS, bulk_target)
    if found:
        pytest.fail(failure_text(found), pytrace=False)
