"""Pytest's options for the suites and for the tests of this project: pytest wants them declared at the root."""

from __future__ import annotations

pytest_plugins = ["conformance.pytest_plugin"]
