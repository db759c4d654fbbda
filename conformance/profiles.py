"""Profiles: how much is drawn. The default is ``standard``."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.strategies.shapes import LARGER, LARGEST

PARTS = 8  # of the operations, for a target that compiles many as one


@dataclass(frozen=True, slots=True)
class Profile:
    """How many structures are drawn for an operation and target, and how many rows of values for each.

    ``structures`` times, a structure is drawn for one dtype of every kind; the first ``every_dtype`` times for every
    dtype. ``rows`` derived seeds are tried for a pointwise structure. With each time come ``others``, of every kind in
    turn, examined for little more than agreement, and for each parameter so many ``glances``: structures of which the
    call alone is compared; and one of many elements, mostly of the ``largest`` number. ``programs`` random programs are
    run. ``compiled`` cases of an operation go into compiled graphs, of the operations in ``parts``
    of ``PARTS`` parts: the seed says which. ``evidence`` is false where a run is too small to show conformance.
    """

    name: str
    structures: int
    every_dtype: int
    rows: int
    others: int
    glances: int
    largest: int
    programs: int
    compiled: int
    parts: int = PARTS
    evidence: bool = True

    def parts_for(self, seed: int) -> list[int]:
        """The parts of the operations that go into compiled graphs: seeds in a row take one part after another.

        >>> [PROFILES["standard"].parts_for(seed) for seed in (7, 8, 9)]
        [[7], [0], [1]]
        """
        return [(seed + number) % PARTS for number in range(self.parts)]


SOAK = Profile(
    "soak", structures=6, every_dtype=1, rows=144, others=50, glances=20, largest=LARGEST, programs=100, compiled=1
)
"""What a soak does in one turn of an operation, or of the programs."""

PROFILES = {
    profile.name: profile
    for profile in (
        Profile(
            "smoke",
            structures=1,
            every_dtype=0,
            rows=24,
            others=9,
            glances=6,
            largest=LARGER,
            programs=72,
            compiled=0,
            evidence=False,
        ),
        Profile(
            "standard",
            structures=4,
            every_dtype=1,
            rows=144,
            others=14,
            glances=8,
            largest=LARGER,
            programs=1000,
            compiled=1,
            parts=1,
        ),
        Profile(
            "thorough",
            structures=50,
            every_dtype=25,
            rows=144,
            others=70,
            glances=20,
            largest=LARGEST,
            programs=15000,
            compiled=4,
        ),
    )
}
