"""The random numbers of a test are the same whichever tests ran before it, in whatever worker."""

from __future__ import annotations

from zlib import crc32

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def _own_random_numbers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if hasattr(request.module, "RANDOM"):
        monkeypatch.setattr(request.module, "RANDOM", np.random.default_rng(crc32(request.node.name.encode())))
