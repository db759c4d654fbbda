"""An operation: one thing torch promises, stated as facts. ``operations/`` holds the declarations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, Protocol

from conformance.accuracy import Accuracy, Exact, LogSumExp, Product, Reduced, Selected, Softmax, Summation, Variance
from conformance.choices import Choices
from conformance.model.case import Argument
from conformance.model.verdict import Basis
from reference.dtypes import (
    BFLOAT16,
    BOOL,
    COMPLEX,
    FLOAT8,
    FLOAT16,
    FLOATING,
    INTEGRAL,
    STORED_ONLY,
    TORCH_DTYPES,
    UNSIGNED,
    DType,
)
from reference.function import Pointwise

if TYPE_CHECKING:
    from conformance.strategies.drawing import Drawing

ALL = TORCH_DTYPES
NUMERIC = (*INTEGRAL, *FLOATING, *COMPLEX)
REAL = (BOOL, *INTEGRAL, *FLOATING)
REAL_NUMERIC = (*INTEGRAL, *FLOATING)
DIFFERENTIABLE = (*FLOATING, *COMPLEX)
MADE = (*ALL, *UNSIGNED, *FLOAT8)
STORED = (*ALL, *STORED_ONLY)
MOST_PARTS = 5
"""The results that are looked at of an operation that returns as many parts as its input has."""
SIXTEEN_BIT = (FLOAT16, BFLOAT16)


class Form(StrEnum):
    """The ways torch lets one spell an operation."""

    FUNCTION = "function"
    METHOD = "method"
    ATTRIBUTE = "attribute"
    OPERATOR = "operator"
    REFLECTED = "reflected operator"
    IN_PLACE = "in place"
    IN_PLACE_OPERATOR = "in-place operator"
    OUT = "out"


FUNCTIONAL = (Form.FUNCTION, Form.METHOD, Form.ATTRIBUTE, Form.OPERATOR, Form.REFLECTED)


class Effect(StrEnum):
    """What an operation does to memory: the aliasing that must be seen."""

    NEW = "makes a new tensor"
    VIEW = "returns a view"
    MAY_VIEW = "returns a view or a new tensor"
    CREATES = "makes a tensor from no tensor"
    WRITES = "writes to its first argument"
    REPLACES = "gives its first argument another size or other memory"
    SHARES = "shares memory with NumPy"
    READS = "returns a Python object"
    EXTRACTS = "returns elements as Python objects"
    RECORDS = "changes what autograd records"


class Parameter(Protocol):
    """One argument that torch documents: its name, whether it is given by keyword, and what may stand there."""

    @property
    def name(self) -> str: ...

    @property
    def keyword(self) -> bool: ...

    @property
    def required(self) -> bool: ...

    @property
    def mostly(self) -> bool: ...

    @property
    def by_place(self) -> bool: ...

    @property
    def in_a_row(self) -> bool: ...

    def draw(self, choices: Choices, drawing: Drawing) -> Argument | Omitted:
        """A valid argument, or OMITTED where torch has a default."""
        ...

    def spoil(self, choices: Choices, drawing: Drawing, argument: Argument) -> Argument | Omitted:
        """An argument that the manual forbids here, or OMITTED where there is none."""
        ...


class Omitted:
    """No argument: torch's default applies."""


OMITTED = Omitted()


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """Facts about one thing torch promises.

    ``reference`` is the reference function, ``spellings`` torch's names by form. ``dtypes`` are those that the first
    tensor may have (or, for creation, that may be asked for): any other must be refused. ``accuracy`` bounds the
    values and ``gradient`` the gradients of the result; without one the operation has none. ``written`` is the
    reference of the in-place form where that is more than the functional one written back. Of several ``results``, the
    last ``in_tuple`` come in a tuple of their own; where it ``chooses``, the last holds indices along ``dim``, each of
    them once, some, or one of the most frequent element. ``aliases`` are other names
    for the same: ``"absolute"`` in every spelling that ends in the operation's name, ``"special.expit"`` for a function
    elsewhere. Each is an operation too, whose ``alias_of`` is the name of this one.
    """

    name: str
    reference: Callable[..., Any]
    spellings: Mapping[Form, str]
    parameters: tuple[Parameter, ...]
    dtypes: tuple[DType, ...]
    basis: Basis
    accuracy: Accuracy = field(default_factory=Exact)
    gradient: Accuracy | None = None
    effect: Effect = Effect.NEW
    results: int = 1
    in_tuple: int = 0
    chooses: Literal["each", "some", "most", ""] = ""
    written: Callable[..., Any] | None = None
    values: tuple[str, ...] = ()
    random: bool = False
    aliases: tuple[str, ...] = ()
    alias_of: str = ""

    def under_alias(self, alias: str) -> Operation:
        """The same operation under another name."""
        name = alias.replace(".", "_")
        spellings = {form: _renamed(path, alias) for form, path in self.spellings.items() if _follows(form, alias)}
        return replace(self, name=name, spellings=spellings, aliases=(), alias_of=self.name)

    @property
    def pointwise(self) -> bool:
        """Whether each element of the result depends on one element of each operand."""
        return isinstance(self.reference, Pointwise)

    @property
    def hands_on(self) -> bool:
        """Whether the result has elements of the operands as they are, whatever these are."""
        return self.effect in (Effect.VIEW, Effect.MAY_VIEW, Effect.SHARES) and not self.values

    @property
    def accumulates(self) -> bool:
        """Whether an element of the result depends on arbitrarily many: long inputs are what tells most of these."""
        return isinstance(self.accuracy, (Summation, Product, Softmax, LogSumExp, Variance, Selected, Reduced))

    @property
    def functional(self) -> tuple[Form, ...]:
        """The forms that leave their arguments alone."""
        return _functional(self)


@cache
def _functional(operation: Operation) -> tuple[Form, ...]:
    return tuple(form for form in FUNCTIONAL if form in operation.spellings)


def _follows(form: Form, alias: str) -> bool:
    """Whether a form exists under an alias: operators have no names, and other modules have functions only."""
    named = (Form.FUNCTION, Form.OUT) if "." in alias else (Form.FUNCTION, Form.METHOD, Form.IN_PLACE, Form.OUT)
    return form in named


def _renamed(path: str, alias: str) -> str:
    """A spelling with its last name replaced.

    >>> _renamed("Tensor.abs_", "absolute"), _renamed("torch.sigmoid", "special.expit")
    ('Tensor.absolute_', 'torch.special.expit')
    """
    owner, _, name = path.rpartition(".")
    return f"{owner}.{alias}{'_' if name.endswith('_') else ''}"


OPERATORS = {
    "+": "add",
    "-": "sub",
    "*": "mul",
    "/": "truediv",
    "//": "floordiv",
    "%": "mod",
    "**": "pow",
    "@": "matmul",
    "&": "and_",
    "|": "or_",
    "^": "xor",
    "<<": "lshift",
    ">>": "rshift",
    "==": "eq",
    "!=": "ne",
    "<": "lt",
    "<=": "le",
    ">": "gt",
    ">=": "ge",
    "in": "contains",
}
UNARY_OPERATORS = {"-": "neg", "+": "pos", "~": "invert", "abs": "abs"}
_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">=", "in"})


def spelled(
    function: str = "",
    method: str = "",
    *,
    attribute: str = "",
    in_place: str = "",
    operator: str = "",
    unary_operator: str = "",
    out: bool = False,
    reflected: bool | None = None,
    in_place_operator: bool | None = None,
) -> dict[Form, str]:
    """The spellings of an operation; the reflected and in-place operators come with the binary operator.

    >>> spelled("torch.neg", "neg", unary_operator="-")[Form.OPERATOR]
    'operator.neg'
    """
    found: dict[Form, str] = {}
    if function:
        found[Form.FUNCTION] = function
    if method:
        found[Form.METHOD] = method
    if attribute:
        found[Form.ATTRIBUTE] = attribute
    if operator:
        name = OPERATORS[operator]
        arithmetic = operator not in _COMPARISONS
        found[Form.OPERATOR] = f"operator.{name}"
        if arithmetic if reflected is None else reflected:
            found[Form.REFLECTED] = f"operator.{name}"
        if arithmetic if in_place_operator is None else in_place_operator:
            found[Form.IN_PLACE_OPERATOR] = f"operator.i{name.rstrip('_')}"
    if unary_operator:
        found[Form.OPERATOR] = f"operator.{UNARY_OPERATORS[unary_operator]}"
    if in_place:
        found[Form.IN_PLACE] = in_place
    if out:
        found[Form.OUT] = function
    return found
