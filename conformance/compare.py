"""Compares what a target was seen to do with what the reference does, aspect by aspect."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from operator import attrgetter
from typing import Any

import numpy as np

from conformance.accuracy import Accuracy, Exact, GradientOf, Judged, Several, Summation
from conformance.accuracy.bound import one_term
from conformance.counting import COMPARED
from conformance.judging import ValueVerdict, allowance, judge, plainly_within
from conformance.model.observation import Aspect, Observation, Refused, Seen, Trace
from conformance.targets.execution import Live
from conformance.targets.interpreter import Traits
from conformance.ulp import finfo, same_bits, widened
from reference.dtypes import BY_NAME, Category, DType, complex_of, real_of, wider

METADATA_FIELDS = (
    (Aspect.DTYPE, "dtype"),
    (Aspect.SHAPE, "shape"),
    (Aspect.STRIDES, "strides"),
    (Aspect.OFFSET, "offset"),
    (Aspect.IDENTITY, "identity"),
    (Aspect.STORAGE, "storage"),
    (Aspect.VERSION, "version"),
    (Aspect.REQUIRES_GRAD, "requires_grad"),
    (Aspect.IS_LEAF, "is_leaf"),
    (Aspect.GRAD_FN, "grad_fn"),
)


@dataclass(slots=True)
class Difference:
    """One aspect of one variable that differs; ``verdict`` tells which elements, for values and gradients."""

    aspect: Aspect
    step: int
    variable: str
    expected: Any
    actual: Any
    verdict: ValueVerdict | None = None
    allowed: Any = None


@dataclass(frozen=True, slots=True)
class GradientScale:
    """What the gradient of one variable sums: the magnitudes of its terms and of the cotangents in them, whether
    each term is rounded before, and the power of what is rounded that a term is."""

    terms: np.ndarray
    cotangent: np.ndarray
    rounds_terms: bool = False
    power: float = 0


@dataclass(frozen=True, slots=True)
class Standard:
    """By what the values of a case are judged: the bound, and what the bound may look at."""

    accuracy: Accuracy
    operation: str
    shapes: tuple[tuple[int, ...], ...] = ()
    inputs: tuple[np.ndarray, ...] = ()
    magnitude: Callable[[], np.ndarray] | None = None
    count_terms: Callable[[], int] = one_term
    gradient: Accuracy = field(default_factory=Exact)
    coarsest: DType | None = None
    gradient_scale: Callable[[str], GradientScale] | None = None
    unrounded_gradient: Callable[[str], np.ndarray | None] = lambda name: None


class Comparison:
    """The differences between two traces, and the worst error among the values that agree."""

    def __init__(
        self,
        aspects: frozenset[Aspect],
        traits: Traits,
        standard: Callable[[], Standard],
        *,
        counts_versions: bool = True,
    ) -> None:
        self.counts_versions = counts_versions
        self.aspects = aspects
        self.traits = traits
        self.standard = standard
        self.expected: Mapping[str, Seen] = {}
        self.differences: list[Difference] = []
        self.worst_ulps = 0.0
        self.compared = 0

    def traces(self, expected: Trace, actual: Trace) -> Comparison:
        """Compare observation by observation; after a refusal that differs there is nothing left to compare."""
        pairs = zip(expected.observations, actual.observations, strict=False)
        for wanted, found in pairs:
            if not self._refusals(wanted, found):
                return self
            self._variables(wanted, found)
            if self.differences:
                return self
        return self

    def _refusals(self, wanted: Observation, found: Observation) -> bool:
        if wanted.refused is None and found.refused is None:
            return True
        same_step = wanted.step == found.step
        self.compared += 1
        if same_step and wanted.refused is not None and found.refused is not None:
            if not same_kind(wanted.refused, found.refused):
                self._differ(Aspect.REFUSAL, found.step, "", wanted.refused, found.refused)
            return True
        step = min(wanted.step, found.step)
        wanted_refusal = wanted.refused if wanted.step == step else None
        found_refusal = found.refused if found.step == step else None
        self._differ(Aspect.REFUSAL, step, "", wanted_refusal, found_refusal)
        return False

    def _variables(self, wanted: Observation, found: Observation) -> None:
        self.expected = wanted.variables
        alike = self._alike_at_a_glance(wanted.variables, found.variables)
        for name in wanted.variables:
            if name in alike:
                continue
            expected, actual = wanted.variables[name], found.variables.get(name)
            if actual is None:
                self._differ(Aspect.KIND, found.step, name, expected.kind, "nothing")
            elif same_kind_of_value(expected, actual):
                self._variable(found.step, name, expected, actual)
            else:
                self._differ(Aspect.KIND, found.step, name, expected.kind, actual.kind)

    def all_alike(self, wanted: Mapping[str, Seen], found: Mapping[str, Seen]) -> bool:
        """Whether it is seen at a glance that nothing differs, so that no variable has to be looked at."""
        return len(self._alike_at_a_glance(wanted, found)) == len(wanted) == len(found)

    def _alike_at_a_glance(self, wanted: Mapping[str, Seen], found: Mapping[str, Seen]) -> Mapping[str, int]:
        """The variables of which it is seen at a glance that nothing differs, so that they have not to be looked at."""
        if not isinstance(wanted, Live) or not isinstance(found, Live):
            return {}
        alike = wanted.alike(found, self.aspects)
        if alike or not wanted:
            self.compared += len(self.aspects)
        self._count(sum(alike.values()))
        return alike

    def _variable(self, step: int, name: str, expected: Seen, actual: Seen) -> None:
        aspects, metadata = metadata_of(self.aspects)
        all_wanted, all_found = metadata(expected), metadata(actual)
        self.compared += len(aspects)
        if all_wanted != all_found:
            for aspect, wanted, found in zip(aspects, all_wanted, all_found, strict=False):
                known = wanted is not None or aspect is Aspect.GRAD_FN
                if known and wanted != found and not self._alike(aspect, expected, wanted, found):
                    self._differ(aspect, step, name, wanted, found)
        if Aspect.VALUES in self.aspects and not self.differences:
            self._values(step, name, expected, actual)
        if Aspect.GRAD in self.aspects and not self.differences:
            self._grads(step, name, expected, actual)

    def _alike(self, aspect: Aspect, expected: Seen, wanted: Any, found: Any) -> bool:
        """Whether nothing decides between two that differ."""
        if aspect is Aspect.VERSION:
            return self._both_raised(wanted, found)
        if aspect in (Aspect.STRIDES, Aspect.OFFSET) and 0 in (expected.shape or ()):
            return True
        # Strides that address nothing come from the kernel, on the CPU too; without data, no kernel runs.
        without_data = Aspect.VALUES not in self.aspects
        return aspect is Aspect.STRIDES and without_data and address_alike(expected.shape or (), wanted, found)

    def _both_raised(self, wanted: int, found: int) -> bool:
        """Whether a version rose on both sides: by how much one call raises it is promised for ``op_`` alone."""
        return wanted > 0 and found > 0 and not self.counts_versions

    def _values(self, step: int, name: str, expected: Seen, actual: Seen) -> None:
        if expected.kind not in ("tensor", "array"):
            self.compared += 1
            if not same_python_value(expected.values, actual.values):
                self._differ(Aspect.VALUES, step, name, expected.values, actual.values)
            return
        if expected.specified is False or expected.values is None or actual.values is None:
            return
        wanted, found, exact = expected.values, actual.values, expected.unrounded
        if isinstance(expected.specified, np.ndarray) and found.shape == wanted.shape and found.dtype == wanted.dtype:
            found = np.where(expected.specified, found, wanted)
            self._count(-int(np.count_nonzero(~expected.specified)))
        dtype = BY_NAME.get(expected.dtype or "")
        computed = BY_NAME[expected.computed] if expected.computed and exact is not None else None
        self._judge(Aspect.VALUES, step, name, wanted, found, exact, dtype, computed)

    def _grads(self, step: int, name: str, expected: Seen, actual: Seen) -> None:
        if expected.grad is None and actual.grad is None:
            return
        # A gradient that is not there stands for zero: which of the two a node passes on is its own affair.
        if actual.grad is None and not np.any(expected.grad):
            return
        if expected.grad is None or actual.grad is None:
            self._differ(Aspect.GRAD, step, name, expected.grad, actual.grad)
        elif expected.grad.shape != actual.grad.shape or expected.grad.dtype != actual.grad.dtype:
            self._differ(Aspect.GRAD, step, name, _described(expected.grad), _described(actual.grad))
        else:
            self._rounded_gradients(step, name, expected, expected.grad, actual.grad)

    def _rounded_gradients(self, step: int, name: str, expected: Seen, wanted: np.ndarray, found: np.ndarray) -> None:
        """Judge a gradient; where all bits are the same, nothing has to be known of what was rounded."""
        dtype, exact, coarsest = BY_NAME.get(expected.dtype or ""), None, None
        if not same_bits(found, wanted).all():
            if expected.grad_unrounded is None:
                expected.grad_unrounded = self.standard().unrounded_gradient(name)
            exact, coarsest = expected.grad_unrounded, self.standard().coarsest
        self._judge(Aspect.GRAD, step, name, wanted, found, exact, dtype, coarsest)

    def _judge(
        self,
        aspect: Aspect,
        step: int,
        name: str,
        wanted: np.ndarray,
        found: np.ndarray,
        exact: np.ndarray | None,
        dtype: DType | None,
        computed: DType | None = None,
    ) -> None:
        self._count(wanted.size)
        if dtype is None or found.dtype != dtype.numpy:
            alike = found.shape == wanted.shape and found.dtype == wanted.dtype
            if not alike or not same_bits(found, wanted).all():
                self._differ(aspect, step, name, wanted, found)
            return
        if same_bits(found, wanted).all():
            return
        if aspect is Aspect.VALUES and exact is not None and not self._lies_as_a_result(name):
            return
        # What the operation did not compute must not change by a bit; what it selected may be either zero.
        selects = self._accuracy(aspect, name).bitwise and self._holds_a_result(name)
        accuracy = Exact() if exact is None and not selects else self._accuracy(aspect, name)
        computing = coarser(dtype, computed)
        if exact is not None and dtype.is_differentiable and isinstance(accuracy, (GradientOf, Summation)):
            least = accuracy.at_least(exact, self.standard().inputs, computing)
            ulps = plainly_within(found, wanted, exact, least, computing)
            if ulps is not None:
                self.worst_ulps = max(self.worst_ulps, ulps)
                return
        judged = self._judged(aspect, name, wanted, wanted if exact is None else exact, computing)
        verdict = judge(found, wanted, exact, accuracy, judged)
        self.worst_ulps = max(self.worst_ulps, verdict.worst)
        if not verdict.held:
            allowed = allowance(accuracy, judged) if exact is not None and dtype.is_differentiable else None
            self._differ(aspect, step, name, wanted, found, verdict, allowed)

    def _lies_as_a_result(self, name: str) -> bool:
        """Whether a variable has the elements of a result. What shares its memory otherwise is seen there already."""
        if self.expected[name].values.shape not in self.standard().shapes:
            return False
        results = (seen for one, seen in self.expected.items() if one.startswith("result"))
        places = [(seen.storage, seen.offset, seen.strides) for seen in results]
        seen = self.expected[name]
        return not places or (seen.storage, seen.offset, seen.strides) in places

    def _holds_a_result(self, name: str) -> bool:
        """Whether a variable is a result, or has the memory of one: what ``out=`` names, or was written in place."""
        results = {seen.storage for one, seen in self.expected.items() if one.startswith("result")}
        return self.expected[name].storage in results

    def _count(self, elements: int) -> None:
        self.compared += elements
        COMPARED.elements += elements

    def _accuracy(self, aspect: Aspect, name: str) -> Accuracy:
        standard = self.standard()
        if aspect is Aspect.GRAD:
            return standard.gradient
        bound = standard.accuracy
        # Several results are called result0, result1 ...
        return bound.of(int(name[-1]) if name[-1:].isdigit() else 0) if isinstance(bound, Several) else bound

    def _judged(self, aspect: Aspect, name: str, wanted: np.ndarray, exact: np.ndarray, dtype: DType) -> Judged:
        standard = self.standard()
        inputs, magnitude, own_error = standard.inputs, standard.magnitude, None
        rounds_terms, power = False, 0.0
        if aspect is Aspect.GRAD and standard.gradient_scale is not None:
            scale = standard.gradient_scale(name)
            inputs, magnitude, own_error = (scale.cotangent,), lambda: scale.terms, self._own_error(wanted, exact)
            rounds_terms, power = scale.rounds_terms, scale.power
        return Judged(
            standard.operation,
            dtype,
            exact.astype(wider(complex_of(dtype) if exact.dtype.kind == "c" else dtype).numpy, copy=False),
            inputs,
            magnitude,
            standard.count_terms,
            self.traits.column,
            self.traits.flushes_subnormals,
            self.traits.tf32,
            own_error,
            rounds_terms,
            power,
        )

    def _own_error(self, wanted: np.ndarray, exact: np.ndarray) -> np.ndarray:
        """By how much the reference's gradient is off. What complex numbers make infinite is NaN in other libraries."""
        error = error_of(wanted, exact)
        is_complex = any((seen.dtype or "").startswith("complex") for seen in self.expected.values())
        return np.where(np.isinf(exact), np.inf, error) if is_complex else error

    def _differ(
        self,
        aspect: Aspect,
        step: int,
        name: str,
        expected: Any,
        actual: Any,
        verdict: ValueVerdict | None = None,
        allowed: Any = None,
    ) -> None:
        self.differences.append(Difference(aspect, step, name, expected, actual, verdict, allowed))


@cache
def metadata_of(aspects: frozenset[Aspect]) -> tuple[tuple[Aspect, ...], Callable[[Seen], tuple[Any, ...]]]:
    """The metadata among ``aspects``, and what reads all of them of a variable at once, and then its kind."""
    fields = [(aspect, attribute) for aspect, attribute in METADATA_FIELDS if aspect in aspects]
    read: Callable[[Seen], tuple[Any, ...]] = attrgetter(*(attribute for _, attribute in fields), "kind")
    return tuple(aspect for aspect, _ in fields), read


def coarser(dtype: DType, computed: DType | None) -> DType:
    """The dtype of whose digits a variable can have no more: its own, or the real one that computed its values.

    >>> from reference.dtypes import COMPLEX128, FLOAT32
    >>> coarser(COMPLEX128, FLOAT32)
    torch.float32
    """
    if computed is None or computed.category < Category.FLOATING or dtype.category < Category.FLOATING:
        return dtype
    if finfo(dtype).p <= finfo(computed).p:
        return dtype
    return real_of(computed)


def error_of(rounded: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """By how much the reference itself is off, where it rounds after each step.

    >>> error_of(np.array([1.0, np.inf, np.inf]), np.array([1.5, np.inf, 2.0]))
    array([0.5, 0. , inf])
    """
    with np.errstate(invalid="ignore"):
        rounded = widened(rounded)
        same = (rounded == exact) | ((rounded != rounded) & (exact != exact))
        return np.where(same, 0, np.abs(rounded - exact))


def address_alike(shape: tuple[int, ...], strides: tuple[int, ...], others: tuple[int, ...]) -> bool:
    """Whether two strides place every element alike: in a dimension of size 1, and without elements, any will do.

    >>> address_alike((2, 1, 3), (3, 3, 1), (3, 1, 1)), address_alike((2, 3), (3, 1), (1, 2))
    (True, False)
    """
    if len(strides) != len(others):
        return False
    return 0 in shape or all(n == 1 or a == b for n, a, b in zip(shape, strides, others, strict=True))


def same_kind(expected: Refused, actual: Refused) -> bool:
    """Whether a caller who catches the expected exception catches the actual one.

    >>> same_kind(Refused("RuntimeError", ""), Refused("NotImplementedError", ""))
    True
    """
    # An exception that is no builtin is one of torch's own, and those derive from RuntimeError.
    wanted = tuple(getattr(builtins, kind, RuntimeError) for kind in (expected.kind, *expected.others))
    return issubclass(getattr(builtins, actual.kind, RuntimeError), wanted)


def same_kind_of_value(expected: Seen, actual: Seen) -> bool:
    """Whether both are tensors, arrays, or Python values of one type (a torch.Size is a tuple)."""
    kinds = {"Size": "tuple", "dtype": "DType"}
    return kinds.get(expected.kind, expected.kind) == kinds.get(actual.kind, actual.kind)


def same_python_value(expected: Any, actual: Any) -> bool:
    """Equality in which NaN equals NaN and sequences are compared part by part."""
    if isinstance(expected, (list, tuple)) and isinstance(actual, (list, tuple)):
        return len(expected) == len(actual) and all(map(same_python_value, expected, actual))
    if isinstance(expected, complex) and isinstance(actual, complex):
        return same_python_value(expected.real, actual.real) and same_python_value(expected.imag, actual.imag)
    if expected != expected:
        return bool(actual != actual)
    return bool(expected == actual)


def _described(array: np.ndarray) -> str:
    return f"{array.dtype.name} of shape {array.shape}"
