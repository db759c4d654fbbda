"""How many elements this process has compared."""

from __future__ import annotations


class Compared:
    """A count that every comparison of values adds to."""

    elements: int = 0


COMPARED = Compared()
