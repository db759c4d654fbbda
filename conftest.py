"""Pytest's options for the suites, and for the tests of this project. It must stand at the root: see pytest's manual."""

from __future__ import annotations

pytest_plugins = ["conformance.pytest_plugin"]
