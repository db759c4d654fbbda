"""Cases of one operation: inputs and one step that calls it in one of the forms that leave its arguments alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from conformance.accuracy import Ulps
from conformance.choices import Choices, SeededChoices
from conformance.model.case import Argument, Case, Drawn, Input, Ref, Step, dtype_names
from conformance.operation import DIFFERENTIABLE, OMITTED, Effect, Form, Omitted, Operation, Parameter
from conformance.strategies.calls import Pairs, as_called
from conformance.strategies.drawing import NEAR, Drawing
from conformance.strategies.shapes import LARGE, Shape
from reference.dtypes import BOOL, BY_NAME, STORED_ONLY, Category, DType

RESULT = "result"
FORM = "form"
CALL = "call"
FIRST_IS_ITS_OWN = (Effect.WRITES, Effect.REPLACES, Effect.CREATES)
LARGEST_SEED = 2**32 - 1
WAYS, TRIES = 5, 12
"""So many ways at most an argument is spoiled, a dimension beyond the last or before the first, and so often drawn."""


def draw_case(
    choices: Choices, operation: Operation, dtype: DType, *, long: bool = False, shape: Shape | None = None
) -> Case:
    """A valid case of ``operation`` whose first tensor has ``dtype``; ``shape`` is that to which operands broadcast."""
    drawing, values = _draw_arguments(choices, operation, dtype, long=long, shape=shape)
    return _build(choices, drawing, values, operation)


def draw_large(seed: int, operation: Operation, dtype: DType, numel: int) -> Case | None:
    """A valid case of so many elements, of fewer where each takes the reference long; None of what always has few."""
    numel = LARGE if isinstance(operation.accuracy, Ulps) else numel
    choices = SeededChoices(seed, {"large": numel})
    case = draw_case(choices, operation, dtype)
    return case if choices.dealt("large") is None else None


def draw_calls(
    choices: SeededChoices, others: Iterable[Mapping[str, float]], operation: Operation, dtype: DType, *, long: bool
) -> list[Case]:
    """A valid case, and one more for each of the places of ``others``.

    All get the same object as first argument, unless it is written to or describes what is made.
    """
    if operation.effect in FIRST_IS_ITS_OWN:
        first_case = draw_case(choices, operation, dtype, long=long)
        return [first_case, *(draw_case(choices.anew(places), operation, dtype, long=long) for places in others)]
    drawing = Drawing(choices, operation, dtype, long)
    first = _draw_argument(drawing, operation.parameters[0])
    found = []
    for source in (choices, *map(choices.anew, others)):
        own = drawing.drawn_on_by(source)
        values = [first, *(_draw_argument(own, parameter) for parameter in operation.parameters[1:])]
        found.append(_build(source, own, values, operation))
    return found


def spoiled_cases(choices: Choices, operation: Operation, dtype: DType) -> list[tuple[Case, Case]]:
    """Pairs of a valid case and the same with one argument that the manual forbids: each way in which it is, once."""
    found = []
    for index, parameter in enumerate(operation.parameters):
        drawing, values = _draw_arguments(choices, operation, dtype, long=False)
        if isinstance(values[index], Omitted) and parameter.draw(choices, drawing) is None:
            continue
        current = None if isinstance(given := values[index], Omitted) else given
        valid = _build(choices, drawing, values, operation)
        ways: list[object] = []
        for _ in range(TRIES):
            own = drawing.drawn_on_by(choices)
            spoiled = parameter.spoil(choices, own, current)
            if not isinstance(spoiled, Omitted) and (way := (spoiled, own.inputs)) not in ways and len(ways) < WAYS:
                ways.append(way)
                found.append((valid, _build(choices, own, [*values[:index], spoiled, *values[index + 1 :]], operation)))
    return found


def _draw_arguments(
    choices: Choices, operation: Operation, dtype: DType, *, long: bool, shape: Shape | None = None
) -> tuple[Drawing, list[Argument | Omitted]]:
    drawing = Drawing(choices, operation, dtype, long)
    if shape is not None:
        drawing.fix_shape(shape)
    return drawing, [_draw_argument(drawing, parameter) for parameter in operation.parameters]


def _draw_argument(drawing: Drawing, parameter: Parameter) -> Argument | Omitted:
    drawing.choices.about(parameter.name)
    value = parameter.draw(drawing.choices, drawing)
    if not isinstance(value, Omitted):
        drawing.arguments[parameter.name] = value
    return value


def _build(choices: Choices, drawing: Drawing, values: list[Argument | Omitted], operation: Operation) -> Case:
    pairs = list(zip(operation.parameters, values, strict=True))
    choices.about(FORM)
    form = choices.choose(possible_forms(operation, pairs))
    choices.about(CALL)
    args, kwargs = as_called(choices, operation, pairs, form)
    step = Step(operation.name, form, args, kwargs, result_names(operation))
    seed = choices.integer(0, LARGEST_SEED) if operation.random else 0
    return Case(tuple(drawing.inputs), (step,), seed)


def result_names(operation: Operation, name: str = RESULT) -> tuple[str, ...]:
    """The name, or ``name0``, ``name1`` ... of an operation that returns several results."""
    return (name,) if operation.results == 1 else tuple(f"{name}{index}" for index in range(operation.results))


def possible_forms(operation: Operation, pairs: Pairs) -> list[Form]:
    """The forms that fit: an operator takes operands alone, a tensor first, or second where it is reflected."""
    given = [(parameter, value) for parameter, value in pairs if value is not OMITTED]
    leading_tensor = bool(given) and isinstance(given[0][1], Ref)
    plain = len(given) <= 2 and not any(parameter.keyword for parameter, _ in given)
    forms = []
    for form in operation.functional:
        if form in (Form.METHOD, Form.ATTRIBUTE, Form.OPERATOR) and not leading_tensor:
            continue
        if form is Form.OPERATOR and not plain:
            continue
        if form is Form.REFLECTED and (leading_tensor or not plain):
            continue
        forms.append(form)
    return forms or list(operation.functional[:1]) or list(operation.spellings)[:1]


def dtypes_of(operation: Operation) -> tuple[DType, ...]:
    """The dtypes in which an operation is tested; one without tensors still has a place in the tables."""
    return operation.dtypes or (BOOL,)


def kinds_of(dtypes: Sequence[DType]) -> list[list[DType]]:
    """The dtypes of each kind there is: bool, integers, 16 bits, real, complex, and those that are only stored."""
    kinds: dict[tuple[Category, bool] | None, list[DType]] = {}
    for dtype in dtypes:
        half = dtype.category is Category.FLOATING and dtype.itemsize <= 2
        kind = None if dtype in STORED_ONLY else (dtype.category, half)
        kinds.setdefault(kind, []).append(dtype)
    return list(kinds.values())


def with_requires_grad(case: Case) -> Case:
    """The same case with every differentiable input tracked; none where a dtype is met that no gradient has.

    A float8 may require a gradient, but gradients of it cannot be added.
    """
    if any(BY_NAME[name] in STORED_ONLY for name in dtype_names(case)):
        return case
    return replace(case, inputs=tuple(_tracked(given) for given in case.inputs))


def _tracked(given: Input) -> Input:
    """The input tracked, its values no longer near each other: what the gradient of a variance has of these is the
    rounding of their mean."""
    if BY_NAME[given.dtype] not in DIFFERENTIABLE or given.array:
        return given
    if isinstance(given.values, Drawn) and NEAR in given.values.mode:
        given = replace(given, values=replace(given.values, mode=given.values.mode.replace(NEAR, "normal")))
    return replace(given, requires_grad=True)
