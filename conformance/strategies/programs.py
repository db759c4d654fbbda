"""Programs: sequences of steps on the same few tensors, the effect of each step drawn first.

The reference runs along while the program is drawn, so that a step suits the variables as they then are. A step
whose values are not exact is not taken: whatever differs later is no rounding error passed on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from conformance.accuracy import Exact, Fused, GradientOf, Rounded, Summation
from conformance.choices import Choices
from conformance.model.case import BACKWARD, GRAD, Argument, Case, Drawn, Input, Ref, Step, references
from conformance.model.observation import Observation, Refused, Seen, Trace
from conformance.operation import Effect, Form, Omitted, Operation, Parameter
from conformance.operations import companions, every_operation
from conformance.strategies.calls import arrange
from conformance.strategies.cases import possible_forms, result_names
from conformance.strategies.drawing import Drawing
from conformance.strategies.layouts import draw_geometry
from conformance.strategies.shapes import Shape, draw_shape
from conformance.targets.execution import Execution
from conformance.targets.reference import ReferenceTarget
from reference.dtypes import BY_NAME, FLOAT32, FLOAT64, INT64, STORED_ONLY, Category, DType
from reference.tensor import Tensor

FEWEST_STEPS = 3
MOST_STEPS = 12
ATTEMPTS_A_STEP = 8
REFUSALS_KEPT = 15
"""Percent of the refused steps that a program keeps, as its last."""
DTYPES = (FLOAT32, FLOAT64, INT64)
_LARGEST = 2.0**12
_FINEST = 2.0**-10
_WHOLE_MODES = {"dividends": "small", "divisors": "positive"}
_EXACT = (Exact, Rounded, Fused, Summation, GradientOf)
_WRONG_GRADIENT = frozenset(
    {
        *("ldexp", "ldexp_by_any", "as_strided_scatter", "block_diag", "index_fill_tensor"),
        *("gather_by_expanded", "scatter_add_by_expanded"),
    }
)
"""Findings 036, 041, 040, 043 and 067: a program would only show them again, as the gradient of another step."""
_ROOTS = frozenset({"cdist", "cdist_of_batches", "norm", "norm_all", "vector_norm", "dist", "renorm"})
"""A power and its root are both rounded, also where whole numbers come out of whole ones."""
TELL_ZEROS_APART = frozenset({"copysign", "frombuffer", "hash_tensor", "signbit", "view_dtype"})
"""Of the sign of a zero, which the order of a sum may decide, these make numbers that differ."""
_LEFT_OUT = _WRONG_GRADIENT | _ROOTS | TELL_ZEROS_APART
_QUOTIENTS = frozenset({"abs", "addcdiv", "div", "gradient", "ldexp_by_fractions", "number_over", "reciprocal", "sgn"})
"""Complex numbers are rounded on the way by these, or by their gradients, also where whole ones come out."""
_reference = ReferenceTarget()


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of step: how often it is drawn, which operations do it, and to which variables.

    ``prefers`` tells the variables that suit it from those that may be refused; ``allows`` leaves out some altogether.
    Both are told whether the step is recorded.
    """

    weight: int
    operations: Callable[[], list[Operation]]
    forms: tuple[Form, ...]
    prefers: Callable[[Any, bool], bool] = lambda value, recording: True
    allows: Callable[[Any, bool], bool] = lambda value, recording: True


@dataclass(slots=True)
class Program:
    """A program, and what the reference was seen to do after every step of it."""

    case: Case
    trace: Trace


def draw_program(choices: Choices) -> Program:
    """A program of up to twelve steps on one or two input tensors."""
    growing = _Growing(tuple(_input(choices, name) for name in ("x", "y")[: choices.integer(1, 2)]))
    recording = True
    for _ in range(choices.integer(FEWEST_STEPS, MOST_STEPS)):
        recording = not choices.flag(8) if recording else choices.flag(40)
        if not any(growing.grow(choices, recording) for _ in range(ATTEMPTS_A_STEP)) or growing.refused:
            break
    return growing.program()


def _input(choices: Choices, name: str) -> Input:
    shape = draw_shape(choices, min_ndim=1, max_ndim=3, numel=24)
    dtype = choices.choose(DTYPES)
    strides, offset, size = draw_geometry(choices, shape, writeable=True)
    tracked = dtype.is_differentiable and choices.flag(50)
    return Input(name, shape, dtype.name, strides, offset, size, Drawn("small", choices.integer(0, 2**32 - 1)), tracked)


class _Growing:
    """A program being drawn. The reference does each step as it is added; one that is not taken is undone."""

    def __init__(self, inputs: tuple[Input, ...]) -> None:
        self.inputs = inputs
        self.steps: tuple[Step, ...] = ()
        self.observations: list[Observation] = []
        self.execution = Execution(_reference, inputs)

    @property
    def refused(self) -> Refused | None:
        return self.observations[-1].refused if self.observations else None

    def program(self) -> Program:
        return Program(Case(self.inputs, self.steps), Trace(_reference.name, self.observations))

    def grow(self, choices: Choices, recording: bool) -> bool:
        """Draw one more step and do it; whether it was taken."""
        drawn = _draw_step(choices, self.execution.variables, len(self.steps), recording)
        if drawn is None:
            return False
        step, inputs = drawn
        if not has_exact_numbers(step):
            return False
        self.execution.add(inputs)
        refused = self.execution.step(step)
        kept = choices.flag(REFUSALS_KEPT) if refused else True
        seen = self.execution.observe() if kept else {}
        if not kept or not (refused or (all(map(is_exact, seen.values())) and not self._is_complex_quotient(step))):
            self._undo()
            return False
        self.observations.append(Observation(len(self.steps), refused, seen))
        self.inputs, self.steps = (*self.inputs, *inputs), (*self.steps, step)
        return True

    def _is_complex_quotient(self, step: Step) -> bool:
        if step.operation not in _QUOTIENTS:
            return False
        arguments = (*step.args, *(value for _, value in step.kwargs))
        names = {*step.results, *(name for argument in arguments for name in references(argument))}
        met = (self.execution.variables[name] for name in names)
        return any(isinstance(one, Tensor) and one.dtype.is_complex for one in met)

    def _undo(self) -> None:
        self.execution = Execution(_reference, self.inputs)
        for step in self.steps:
            self.execution.step(step)
            self.execution.observe()  # of a view whose base was written to, that makes the node anew


# -- one step ------------------------------------------------------------------------------------------------------


def _draw_step(
    choices: Choices, variables: dict[str, Any], number: int, recording: bool
) -> tuple[Step, list[Input]] | None:
    """An effect, then an operation that has it, then its operands; None where the variables leave no valid ones."""
    kind = choices.choose(by_weight())
    operation = choices.choose(kind.operations())
    drawing = ProgramDrawing(choices, operation, variables, kind, recording, f"n{number}_")
    try:
        pairs = _draw_arguments(choices, drawing)
    except (IndexError, AssertionError, ValueError):
        return None
    args, kwargs = arrange(pairs)
    first = args[0] if args else None
    if operation.effect is not Effect.CREATES and not any(name in variables for name in references(first)):
        return None
    forms = [form for form in kind.forms if form in operation.spellings] or possible_forms(operation, pairs)
    names = result_names(operation, f"v{number}" if operation.results == 1 else f"v{number}_")
    return Step(operation.name, choices.choose(forms), args, kwargs, names, recording), drawing.inputs


def _draw_arguments(choices: Choices, drawing: ProgramDrawing) -> list[tuple[Parameter, Argument | Omitted]]:
    pairs = []
    for parameter in drawing.operation.parameters:
        value = parameter.draw(choices, drawing)
        pairs.append((parameter, value))
        if not isinstance(value, Omitted):
            drawing.arguments[parameter.name] = value
    return pairs


class ProgramDrawing(Drawing):
    """A drawing whose tensors and arrays are, where one fits, variables that the program already has."""

    def __init__(
        self,
        choices: Choices,
        operation: Operation,
        variables: dict[str, Any],
        kind: Kind,
        recording: bool,
        prefix: str,
    ) -> None:
        super().__init__(choices, operation, choices.choose([d for d in DTYPES if d in operation.dtypes] or [FLOAT32]))
        self.prefix, self.extremes = prefix, False
        self.kind = kind
        self.recording = recording
        self.variables = variables
        self.known = {name: as_input(name, value) for name, value in variables.items() if _is_usable(name, value)}

    def existing(self, fits: Callable[[Input], bool]) -> Input | None:
        if self.arguments and not self.choices.flag(70):
            return None
        # What is given to backward may become the gradient of a leaf (docs/findings), so it is used for nothing else.
        if self.arguments and self.operation.name == BACKWARD:
            return None
        tests = [self.kind.allows] if self.arguments or self.choices.flag(5) else [self.kind.allows, self.kind.prefers]
        fitting = [one for one in self.known.values() if fits(one) and self._pass(one, tests)]
        if not fitting:
            return None
        chosen = self.choices.choose(fitting)
        if not self.arguments:
            self.dtype = BY_NAME[chosen.dtype]
            self.fix_shape(chosen.shape)
        return chosen

    def _pass(self, one: Input, tests: Sequence[Callable[[Any, bool], bool]]) -> bool:
        return all(test(self.variables[one.name], self.recording) for test in tests)

    def tensor(
        self,
        name: str,
        shape: Shape,
        dtype: DType | None = None,
        *,
        mode: str = "",
        writeable: bool = False,
        requires_grad: bool = False,
    ) -> Ref:
        return super().tensor(name, shape, dtype, mode=_WHOLE_MODES.get(mode, mode) or "small", writeable=writeable)

    def among(self, dtypes: Sequence[DType]) -> Sequence[DType]:
        return [dtype for dtype in dtypes if dtype not in STORED_ONLY] or dtypes

    def referred(self, argument: Argument) -> Input | None:
        known = self.known.get(argument.name) if isinstance(argument, Ref) else None
        return known or super().referred(argument)


def _is_usable(name: str, value: Any) -> bool:
    return isinstance(value, (Tensor, np.ndarray)) and not name.endswith("_gradient")


def as_input(name: str, value: Tensor | np.ndarray) -> Input:
    """A variable as the input that it would be: parameters look at its layout, and never at its values."""
    unknown = Drawn("small", 0)
    if isinstance(value, Tensor):
        size = value.storage.nbytes // value.dtype.itemsize
        return Input(name, value.shape, value.dtype.name, value.strides, value.offset, size, unknown)
    strides = tuple(stride // value.itemsize for stride in value.strides)
    return Input(name, value.shape, value.dtype.name, strides, 0, value.size, unknown, array=True)


# -- kinds of steps ------------------------------------------------------------------------------------------------


def _with_effect(*effects: Effect) -> list[Operation]:
    named_once = [one for one in every_operation().values() if not one.alias_of]
    return [one for one in named_once if one.effect in effects and is_exact_operation(one)]


def is_exact_operation(operation: Operation) -> bool:
    """Whether whole numbers stay such, so that every implementation gets the same bits."""
    drawn = bool(operation.parameters) and not operation.random and operation.name not in _LEFT_OUT
    return drawn and isinstance(operation.accuracy, _EXACT)


@cache
def _views() -> list[Operation]:
    return [one for one in _with_effect(Effect.VIEW, Effect.MAY_VIEW) if one.functional]


@cache
def _computing() -> list[Operation]:
    return [one for one in _with_effect(Effect.NEW) if one.functional]


@cache
def _writing() -> list[Operation]:
    return [one for one in _with_effect(Effect.WRITES) if one.parameters]


@cache
def _in_place() -> list[Operation]:
    return [one for one in _with_effect(Effect.NEW) if Form.IN_PLACE in one.spellings]


@cache
def _reshaping() -> list[Operation]:
    return [one for one in _with_effect(Effect.VIEW) if Form.IN_PLACE in one.spellings]


@cache
def _replacing() -> list[Operation]:
    return _with_effect(Effect.REPLACES)


@cache
def _allocating() -> list[Operation]:
    return _with_effect(Effect.CREATES)


@cache
def _tracking() -> list[Operation]:
    return [one for one in _with_effect(Effect.RECORDS) if one.name not in (BACKWARD, GRAD)]


@cache
def _sharing() -> list[Operation]:
    return _with_effect(Effect.SHARES)


@cache
def _array_writing() -> list[Operation]:
    return list(companions().values())


def _backward() -> list[Operation]:
    return [every_operation()[BACKWARD]]


def _is_tracked(value: Any, recording: bool = True) -> bool:
    return isinstance(value, Tensor) and value.requires_grad


def _is_not_tracked(value: Any, recording: bool) -> bool:
    return not _is_tracked(value)


def _may_be_viewed(value: Any, recording: bool) -> bool:
    """Without recording, only what is never tracked (docs/findings: views made under no_grad)."""
    return recording or not (isinstance(value, Tensor) and value.dtype.is_differentiable)


def _may_be_reshaped(value: Any, recording: bool) -> bool:
    """Without recording, a leaf would have another shape than the gradients that its graph will bring; with it, a
    tensor that keeps its gradient another than that (docs/findings/025)."""
    return not value.retains_grad if recording and isinstance(value, Tensor) else not _is_tracked(value)


def _stands_alone(value: Any, recording: bool) -> bool:
    """No view, and nothing that is recorded: no page says what replaced memory has to do with its base or its graph."""
    return isinstance(value, Tensor) and value.base is None and not (recording and value.requires_grad)


def _may_be_written(value: Any, recording: bool) -> bool:
    """Leaves that are tracked, and views of such, may be written only without recording."""
    if not recording or not _is_tracked(value):
        return True
    base = value.base if value.base is not None else value
    return base._node is not None and value.created == "default"


_KINDS = (
    Kind(5, _views, (), allows=_may_be_viewed),
    Kind(3, _writing, (Form.IN_PLACE, Form.OPERATOR), _may_be_written),
    Kind(4, _in_place, (Form.IN_PLACE,), _may_be_written),
    Kind(1, _reshaping, (Form.IN_PLACE,), _may_be_written, allows=_may_be_reshaped),
    Kind(1, _replacing, (Form.IN_PLACE,), _is_not_tracked, allows=_stands_alone),
    Kind(5, _computing, ()),
    Kind(1, _allocating, ()),
    Kind(2, _tracking, (), _is_tracked),
    Kind(3, _backward, (), _is_tracked),
    Kind(4, _sharing, (), _is_not_tracked),
    Kind(2, _array_writing, ()),
)


@cache
def by_weight() -> list[Kind]:
    """The kinds of steps, each as often as it weighs."""
    return [kind for kind in _KINDS for _ in range(kind.weight)]


# -- exactness -----------------------------------------------------------------------------------------------------


def is_exact(one: Seen) -> bool:
    """Whether every number seen is one that no order of the same additions and products could round."""
    if isinstance(one.specified, np.ndarray) or one.specified is False:
        return False
    return all(_small_numbers(array) for array in (one.values, one.grad) if isinstance(array, np.ndarray))


def has_exact_numbers(step: Step) -> bool:
    """Whether this holds for the numbers that are given as well, as far as they are finite."""
    given = (*step.args, *(value for _, value in step.kwargs))
    numbers = [np.asarray(one) for one in given if isinstance(one, (float, complex)) and np.isfinite(one)]
    return all(map(_small_numbers, numbers))


def _small_numbers(array: np.ndarray) -> bool:
    dtype = BY_NAME.get(array.dtype.name)
    if dtype is None or dtype.category < Category.FLOATING or not array.size:
        return True
    wide = np.stack([array.real, array.imag]).astype(np.float64) if dtype.is_complex else array.astype(np.float64)
    largest, finest = (_LARGEST, _FINEST) if dtype.itemsize >= 4 else (4.0, 1.0)
    return bool((np.abs(wide) <= largest).all()) and bool((wide / finest == np.rint(wide / finest)).all())
