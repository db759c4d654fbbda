"""The reference keeps its latest traces: what is asked again of the same case is the same trace."""

from __future__ import annotations

import pytest

from conformance.model.case import Case, Step
from conformance.targets import reference
from conformance.targets.reference import CachedReference
from tests.conformance.executing import SHARED, X


def test_a_case_is_run_once_and_an_equal_one_anew() -> None:
    cached = CachedReference()
    trace = cached.run(SHARED)
    assert cached.run(SHARED) is trace
    assert cached.run(Case(SHARED.inputs, SHARED.steps)) is not trace


def test_every_step_is_another_trace() -> None:
    cached, twice = CachedReference(), Case((X,), (Step("zeros", "function", ((2,),), results=("z",)), *SHARED.steps))
    assert len(cached.run(twice).observations) == 1
    for every_step, observed in ((False, 1), (True, 2), (False, 1)):
        assert len(cached.run(twice, every_step=every_step).observations) == observed


def test_only_the_latest_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference, "LATEST", 2)
    cached = CachedReference()
    cases = [Case(SHARED.inputs, SHARED.steps) for _ in range(3)]
    traces = [cached.run(case) for case in cases]
    assert len(cached._latest) == 2
    assert [cached.run(case) is trace for case, trace in zip(cases[1:], traces[1:], strict=True)] == [True, True]
    assert cached.run(cases[0]) is not traces[0]
