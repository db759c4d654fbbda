"""Sweeps: a function of one tensor, tried on every value of a dtype, or on every so many."""

from __future__ import annotations
