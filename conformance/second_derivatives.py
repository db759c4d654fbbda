"""Second derivatives by differences: how the reference's results and first gradients change along a direction.

Of a call y = f(x) and a cotangent v, p(x) = <v, f(x)> is a number, and g its gradient, which a backward pass gives. A
second pass, from <w, g>, gives x the product H w with the matrix H of the second derivatives of p, and v the product
J w with that of the first derivatives of f. H is symmetric, so H w is how g changes along w, as J w is how y does: both
are slopes of what the reference has anyway, at few points of one line, and no formula of a second derivative is needed.
Of complex numbers the same holds of their parts, and <a, b> is the real part of the sum of conj(a) b.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from conformance.model.case import Case, Input, Literal
from conformance.standard import logical
from conformance.widen import run_wide
from reference.dtypes import COMPLEX_EXTENDED, EXTENDED

STEP = 2.0**-14
"""Differences of extended precision lose 14 of its 64 bits by it; their error falls with its fourth power."""
HALF = 2.0**-26
"""Half of the digits of float64: a formula may lose as many, a wrong one loses all."""
CHECKED = 2.0**-20
COTANGENT = "cotangent"
POINTS = (0.0, STEP, -STEP, STEP / 2, -STEP / 2)

Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True, slots=True)
class Slope:
    """A value, how it changes along the direction, and by how much a computed change may be off."""

    value: np.ndarray
    slope: np.ndarray
    allowed: np.ndarray


def slopes(pulled: Case, along: Mapping[str, Input], result: str) -> dict[str, Slope] | None:
    """How gradients and result of a case that ends in a backward pass change where inputs go ``along`` directions: the
    second gradients of these inputs, by their names, and that of the cotangent.

    None where any is left open: the reference refuses, something bends or jumps, or a gradient is a convention.
    """
    directions = {name: logical(direction) for name, direction in along.items()}
    weights = {**directions, COTANGENT: logical(pulled.input(COTANGENT))}
    size = max(float(np.abs(one).max(initial=0)) for one in weights.values())
    at: list[dict[str, np.ndarray]] = []
    for t in POINTS:
        point = _at(pulled, directions, t, result)
        if point is None:
            return None
        at.append(point)
    found: dict[str, Slope] = {}
    for name in weights:
        slope = _slope([one[name] for one in at], size)
        if slope is None:
            return None
        found[name] = slope
    return found if _is_consistent(pulled, found, directions, result) else None


def _at(pulled: Case, directions: Arrays, t: float, result: str) -> dict[str, np.ndarray] | None:
    """The gradients and the result at a point of the line; None where the reference refuses."""
    inputs = tuple(_moved(given, directions.get(given.name), t) for given in pulled.inputs)
    trace = run_wide(replace(pulled, inputs=inputs))
    if trace.refused is not None:
        return None
    seen = trace.last.variables
    grads = {name: seen[name].grad for name in directions}
    found = {name: np.zeros_like(directions[name]) if grad is None else grad for name, grad in grads.items()}
    return {**found, COTANGENT: seen[result].values}


def _moved(given: Input, direction: np.ndarray | None, t: float) -> Input:
    if direction is None:
        return given
    dtype = COMPLEX_EXTENDED if direction.dtype.kind == "c" else EXTENDED
    elements = logical(given).astype(dtype.numpy) + dtype.numpy.type(t) * direction
    return replace(given, dtype=dtype.name, values=Literal(np.ascontiguousarray(elements).tobytes()))


def _slope(values: list[np.ndarray], size: float) -> Slope | None:
    """The central difference of fourth order; None where those of two steps do not tell the same.

    Where a value jumps, a difference doubles as its step is halved; where it bends, the differences to both sides stay
    as far apart as they were, and come half as far where it is smooth.
    """
    here, after, before, soon, just = values
    coarse, fine = (after - before) / (2 * STEP), (soon - just) / STEP
    bend, finer_bend = np.abs(after - 2 * here + before) / STEP, np.abs(soon - 2 * here + just) / (STEP / 2)
    slope, change = (4 * fine - coarse) / 3, np.abs(fine - coarse)
    if not (np.isfinite(slope).all() and np.isfinite(here).all()):
        return None
    scale = max(float(np.abs(slope).max(initial=0)), float(np.abs(here).max(initial=0)), size)
    jumps = change > np.abs(fine) / 8 + HALF * scale
    bends = finer_bend > 0.75 * bend + HALF * scale
    if jumps.any() or bends.any():
        return None
    return Slope(np.asarray(here), np.asarray(slope), np.asarray(HALF * scale + change + finer_bend))


def _is_consistent(pulled: Case, found: Mapping[str, Slope], directions: Arrays, result: str) -> bool:
    """Whether the gradient is that of the function: <w, g> is <v, J w>, of a v without zeros, which would hide it.

    Where a convention takes the place of a derivative, as for one of several writes to a place, it need not be.
    """
    given = pulled.input(COTANGENT)
    weight, grads = logical(given), {name: found[name].value for name in directions}
    if not weight.all():
        weight = np.where(weight == 0, weight.dtype.type(1), weight)
        whole = _at(pulled.with_input(replace(given, values=Literal(weight.tobytes()))), directions, 0.0, result)
        if whole is None:
            return False
        grads = whole
    forward = np.conj(weight) * found[COTANGENT].slope
    backward = [np.conj(one) * grads[name] for name, one in directions.items()]
    terms = np.abs(forward).sum() + sum(np.abs(one).sum() for one in backward)
    error = abs(forward.real.sum() - sum(one.real.sum() for one in backward))
    return bool(error <= CHECKED * terms + (np.abs(weight) * found[COTANGENT].allowed).sum())
