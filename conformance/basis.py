"""Why we say so, and how bad it is: the basis and the severity of a discrepancy, by aspect."""

from __future__ import annotations

from conformance.compare import Difference
from conformance.judging import ValueVerdict
from conformance.model.observation import Aspect, Refused
from conformance.model.verdict import Basis, Derived, Documented, Observed, Severity
from conformance.operation import Effect, Operation
from conformance.strategies.grids import ANNEX_G

_NOTES = "https://docs.pytorch.org/docs/stable/notes/autograd.html"
_VIEWS = Documented(
    "https://docs.pytorch.org/docs/stable/tensor_view.html",
    "View tensor shares the same underlying data with its base tensor.",
)
_IN_PLACE_CHECKS = Documented(
    f"{_NOTES}#in-place-correctness-checks",
    "Every tensor keeps a version counter, that is incremented every time it is marked dirty in any operation.",
)
_LEAVES = Documented(
    "https://docs.pytorch.org/docs/stable/generated/torch.Tensor.is_leaf.html",
    "Tensors that have requires_grad which is True will be leaf Tensors if they were created by the user.",
)
_GRAPH = Documented(
    "https://docs.pytorch.org/docs/stable/generated/torch.autograd.grad.html",
    "If True, graph of the derivative will be constructed, allowing to compute higher order derivative products.",
)
_ANNEX_G = Derived("C99, Annex G.6, says what complex functions make of zeros of either sign, infinities and NaN")
_LAST_OBSERVED = "2.13"

_SPECIAL_PATTERNS = ("nan", "inf", "sign of zero", "subnormal")
TOLERANCE_ULPS = 64


def basis_of(operation: Operation, prop: str, aspect: Aspect, dtype: str = "", pattern: str = "") -> Basis:
    """Why the expectation holds; of values, by their dtype and the pattern of what is wrong with them."""
    if aspect is Aspect.PROCESS:
        return Derived("what a call cannot do it must refuse with an exception, whatever its arguments")
    if prop == "determinism":
        return Derived("a call without randomness is a function of its arguments")
    if prop == "mixed devices" and aspect is Aspect.VALUES:
        return Derived("what is computed depends on the elements of a tensor, not on where they lie")
    if prop == "double backward":
        return _GRAPH
    if prop == "metadata" and aspect is not Aspect.REFUSAL:
        return Derived("the meta device stands for the CPU's metadata: what the CPU gives, it must report")
    if aspect in (Aspect.STORAGE, Aspect.OFFSET):
        return _VIEWS
    if aspect is Aspect.VERSION:
        return _IN_PLACE_CHECKS
    if aspect in (Aspect.REQUIRES_GRAD, Aspect.IS_LEAF):
        return _LEAVES
    if aspect is Aspect.GRAD_FN:
        return Observed(_LAST_OBSERVED)
    if aspect is Aspect.STRIDES:
        return _VIEWS if operation.effect is Effect.VIEW else Observed(_LAST_OBSERVED)
    if prop == "layout":
        return Derived("an operation is defined on elements, not on where they lie")
    if operation.name in ANNEX_G and dtype.startswith("complex") and pattern.startswith(_SPECIAL_PATTERNS):
        return _ANNEX_G
    return operation.basis


def severity_of(difference: Difference, verdict: ValueVerdict | None) -> Severity:
    """How bad a difference is."""
    if difference.aspect is Aspect.PROCESS:
        return Severity.CRASH
    if difference.aspect is Aspect.REFUSAL:
        if isinstance(difference.expected, Refused) and isinstance(difference.actual, Refused):
            return Severity.ERROR_KIND
        return Severity.MISSING_ERROR if isinstance(difference.expected, Refused) else Severity.UNEXPECTED_ERROR
    if difference.aspect not in (Aspect.VALUES, Aspect.GRAD):
        return Severity.METADATA
    if verdict is None:
        return Severity.SILENT_WRONG
    if verdict.pattern.startswith(_SPECIAL_PATTERNS):
        return Severity.SPECIAL
    return Severity.TOLERANCE if verdict.worst <= TOLERANCE_ULPS else Severity.SILENT_WRONG
