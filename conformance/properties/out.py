"""Out: ``out=`` receives the values of the functional form, whatever its layout, and is the result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from conformance.choices import Choices
from conformance.compare import Comparison
from conformance.examine import REFERENCE, Examined, examine, lazy_standard
from conformance.model.case import Case, Drawn, Input, Ref, Step
from conformance.model.observation import Aspect, Observation, Seen, Trace
from conformance.model.verdict import Outcome
from conformance.operation import Form, Operation
from conformance.operations import find
from conformance.properties.base import Property, in_form, result_seen, with_kwarg
from conformance.strategies.drawing import Drawing
from conformance.strategies.layouts import geometry
from conformance.targets.interpreter import Interpreter
from reference.dtypes import BY_NAME
from reference.layout import is_contiguous

OTHER_DTYPES = ("float64", "float32", "int64", "uint8", "bool", "complex64")


class Out(Property):
    name = "out"
    claim = (
        "out= is the result and holds the values of the functional form: in its own strides if its shape is right,"
        " resized if not; a lower category and overlapping memory are refused."
    )

    def applies(self, operation: Operation, target: Interpreter) -> bool:
        return Form.OUT in operation.spellings

    def derive(self, base: Case, operation: Operation, choices: Choices) -> Iterable[Case]:
        seen = result_seen(base)
        if not seen:
            return
        called = in_form(base, Form.OUT)
        if operation.results > 1:
            yield from _several(called, list(seen.values()), operation, choices)
            return
        (result,) = seen.values()
        yield _with_out(called, _out_like(choices, result, "contiguous", operation))
        yield _with_out(called, _out_like(choices, result, "transposed", operation, dim=0))
        layout = choices.choose(("stepped by 2", "transposed", "stepped by 3", "offset by 1"))
        yield _with_out(called, _out_like(choices, result, layout, operation))
        yield _with_out(called, _out_like(choices, result, "expanded", operation))
        yield from (_with_out(called, out) for out in _resized(choices, result, operation))
        other = replace(_out_like(choices, result, "contiguous", operation), dtype=choices.choose(OTHER_DTYPES))
        yield _with_out(called, other)
        names = dict.fromkeys(argument.name for argument in base.main.args if isinstance(argument, Ref))
        read = [base.input(name) for name in names]
        for given in read:
            yield from _over_input(called, given, result, operation)
        if read:
            yield from _overlapping(called, choices.choose(read))

    def examine(self, case: Case, target: Interpreter) -> Examined:
        examined = examine(case, target)
        if examined.outcome is not Outcome.BROKE or examined.expected is None or examined.actual is None:
            return examined
        if _resized_by_its_own_kernel(examined) or _left_open_under_another_name(examined):
            return Examined(case, Outcome.HELD)
        return _allowed(examined, target) if find(case.main.operation).results == 1 else examined


def _allowed(examined: Examined, target: Interpreter) -> Examined:
    """What no page decides: another dtype than the result's may be refused, and memory shared with an input either
    refused or handled right."""
    case, expected, actual = examined.case, examined.expected, examined.actual
    assert expected is not None, "the case was run"
    assert actual is not None, "the case was run"
    if expected.refused is not None and actual.refused is not None:
        only_out = all(difference.variable == "out" for difference in examined.differences)
        # How the refusal of a cast is called, no page says.
        return Examined(case, Outcome.HELD) if only_out or "cast" in expected.refused.message else examined
    if expected.refused is None:
        if _is_over_input(case) and examined.differences[0].aspect is Aspect.REFUSAL:
            return Examined(case, Outcome.HELD)
        made = _cast_from(case)
        if made is None:
            return examined
        if examined.differences[0].aspect is Aspect.REFUSAL:
            return Examined(case, Outcome.HELD)
        # Whether the result is computed in its own dtype or in that of out, only pointwise operations say; that
        # something is true or false, it is in every dtype.
        decided = find(case.main.operation).pointwise or made == "bool"
        return examined if decided else Examined(case, Outcome.INAPPLICABLE)
    if actual.refused is not None:
        return examined
    if "memory location" in expected.refused.message:
        return _right_values(examined, target)
    undecided = not find(case.main.operation).pointwise and "cast" in expected.refused.message
    return Examined(case, Outcome.INAPPLICABLE) if undecided else examined


def _is_over_input(case: Case) -> bool:
    """Whether ``out`` is an input, of which an operation that is not pointwise reads other elements than it writes."""
    return all(given.name != "out" for given in case.inputs) and not find(case.main.operation).pointwise


def _resized_by_its_own_kernel(examined: Examined) -> bool:
    """Whether the strides alone differ of an ``out`` that was resized: of pointwise operations alone they are known."""
    if find(examined.case.main.operation).pointwise or {d.aspect for d in examined.differences} != {Aspect.STRIDES}:
        return False
    assert examined.expected is not None, "the case was run"
    after = examined.expected.last.variables
    return any(one.name.startswith("out") and one.shape != after[one.name].shape for one in examined.case.inputs)


def _left_open_under_another_name(examined: Examined) -> bool:
    """Whether what differs are values of inputs that share memory with a result of which a part is left open."""
    assert examined.expected is not None, "the case was run"
    seen = examined.expected.last.variables
    results = {name: seen[name] for name in examined.case.main.results if name in seen}
    left_open = {one.storage for one in results.values() if one.specified is not True}
    return all(
        one.aspect is Aspect.VALUES and one.variable not in results and seen[one.variable].storage in left_open
        for one in examined.differences
    )


def _cast_from(case: Case) -> str | None:
    """The dtype of the result that the call gives without ``out``, if ``out`` has another one."""
    out = next((given.dtype for given in case.inputs if given.name == "out"), None)
    result = REFERENCE.run(_without_out(case))
    if result.refused is not None:
        return None
    made = result.last.variables[case.main.results[0]].dtype
    return None if made == (_written_input(case).dtype if out is None else out) else made


def _written_input(case: Case) -> Input:
    """The input that is ``out``, or of which a part is."""
    for step in (case.main, *case.steps):
        written = dict(step.kwargs).get("out", step.args[0])
        if isinstance(written, Ref) and any(written.name == given.name for given in case.inputs):
            return case.input(written.name)
    raise AssertionError("out is an input or a part of one")


def _without_out(case: Case) -> Case:
    """The call without ``out=``, on the same parts of the inputs."""
    step = replace(case.main, kwargs=tuple(pair for pair in case.main.kwargs if pair[0] != "out"))
    parts = tuple(one for one in case.steps if one is not case.main and one.results != ("out",))
    return replace(case, steps=(*parts, replace(step, spelling=Form.FUNCTION)))


def _with_out_apart(case: Case) -> Case:
    """The call with a copy for ``out``, which shares its memory with nothing."""
    apart = Ref("apart")
    (written,) = (argument for name, argument in case.main.kwargs if name == "out")
    kwargs = tuple((name, apart if name == "out" else argument) for name, argument in case.main.kwargs)
    copied = Step("clone", Form.METHOD, (written,), results=(apart.name,))
    parts = tuple(one for one in case.steps if one is not case.main)
    return replace(case, steps=(*parts, copied, replace(case.main, kwargs=kwargs)))


def _right_values(examined: Examined, target: Interpreter) -> Examined:
    """A target that writes to overlapping memory instead of refusing must still give the right values."""
    assert examined.actual is not None, "the case was run"
    case = _with_out_apart(examined.case)
    expected = REFERENCE.run(case)
    if expected.refused is not None:
        return examined
    name = case.main.results[0]
    actual = examined.actual.last.variables[name]
    if _resized_over_input(examined, expected.last.variables[name]):
        return Examined(examined.case, Outcome.INAPPLICABLE)
    wanted, found = Trace("", [Observation(0, None, {name: expected.last.variables[name]})]), replace(actual)
    seen = Trace("", [Observation(0, None, {name: found})])
    only = frozenset({Aspect.VALUES, Aspect.SHAPE}) & target.comparable(case)
    comparison = Comparison(only, target.traits, lazy_standard(case, expected)).traces(wanted, seen)
    if not comparison.differences:
        return Examined(examined.case, Outcome.HELD)
    return examined


def _resized_over_input(examined: Examined, result: Seen) -> bool:
    """Whether ``out`` had another shape and would grow over what is read, of which no page says anything."""
    assert examined.expected is not None, "the case was run"
    (written,) = (argument for name, argument in examined.case.main.kwargs if name == "out")
    assert isinstance(written, Ref), "out is a tensor"
    out = examined.expected.last.variables.get(written.name)
    return out is not None and out.shape != result.shape


def _several(case: Case, results: list[Seen], operation: Operation, choices: Choices) -> Iterable[Case]:
    """One ``out`` for each result: contiguous, in some layout, and empty."""
    layout = choices.choose(("stepped by 2", "transposed", "stepped by 3", "offset by 1"))
    for given in ("contiguous", layout):
        yield _with_outs(case, [_out_like(choices, result, given, operation) for result in results])
    empty = [replace_shape(result, (0,)) for result in results]
    yield _with_outs(case, [_out_like(choices, result, "contiguous", operation) for result in empty])


def _with_outs(case: Case, outs: list[Input]) -> Case:
    named = [replace(out, name=f"out{number}") for number, out in enumerate(outs)]
    case = with_kwarg(case, "out", tuple(Ref(out.name) for out in named))
    return replace(case, inputs=(*case.inputs, *named))


def _with_out(case: Case, out: Input) -> Case:
    case = with_kwarg(case, "out", Ref("out"))
    return replace(case, inputs=(*case.inputs, out))


def _out_like(choices: Choices, result: Seen, layout: str, operation: Operation, dim: int | None = None) -> Input:
    assert result.shape is not None, "a result without a shape has no out="
    assert result.dtype is not None, "a result without a dtype has no out="
    dim = choices.integer(0, max(len(result.shape) - 1, 0)) if dim is None else dim
    strides, offset, size = geometry(layout, result.shape, dim)
    values = Drawing(choices, operation, BY_NAME[result.dtype]).values(size, "small")
    return Input("out", result.shape, result.dtype, strides, offset, size, values)


def _resized(choices: Choices, result: Seen, operation: Operation) -> Iterator[Input]:
    """An ``out`` that is too large, and one that is empty or too small."""
    assert result.shape is not None, "a result without a shape has no out="
    for shape in ((*result.shape, 2), choices.choose(((0,), (0,), (3,), result.shape[1:]))):
        yield _out_like(choices, replace_shape(result, shape), "contiguous", operation)


def replace_shape(seen: Seen, shape: tuple[int, ...]) -> Seen:
    """The same with another shape."""
    return replace(seen, shape=shape)


def _over_input(case: Case, given: Input, result: Seen, operation: Operation) -> Iterable[Case]:
    """``out`` is an argument itself, in the shape of the result where it is broadcast to that."""
    assert result.shape is not None, "a result without a shape has no out="
    if given.shape != result.shape and operation.pointwise and isinstance(given.values, Drawn):
        strides, offset, size = geometry("contiguous", result.shape)
        given = replace(given, shape=result.shape, strides=strides, offset=offset, size=size)
    if given.shape == result.shape:
        yield with_kwarg(case.with_input(given), "out", Ref(given.name))


def _overlapping(case: Case, given: Input) -> Iterable[Case]:
    """``out`` begins one row after the part of an argument that is read."""
    if not given.shape or given.shape[0] < 2 or not is_contiguous(given.shape, given.strides):
        return
    rows = given.shape[0] - 1
    steps = [Step("narrow", Form.METHOD, (Ref(given.name), 0, 1, rows), (), ("out",))]
    parts: dict[str, str] = {}
    for one in case.inputs:
        if one.shape[:1] == given.shape[:1]:
            parts[one.name] = f"{one.name}_part"
            steps.append(Step("narrow", Form.METHOD, (Ref(one.name), 0, 0, rows), (), (parts[one.name],)))
    args = tuple(Ref(parts.get(a.name, a.name)) if isinstance(a, Ref) else a for a in case.main.args)
    main = replace(case.main, args=args, kwargs=(*case.main.kwargs, ("out", Ref("out"))))
    overlapping = replace(case, steps=(*steps, main))
    made = REFERENCE.run(_without_out(overlapping))
    # An index may lie outside the part: then the call is refused as it is. What grows over an input is left open.
    if made.refused is None and made.last.variables[case.main.results[0]].shape == (rows, *given.shape[1:]):
        yield overlapping


PROPERTY = Out()
