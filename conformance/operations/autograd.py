"""What a user tells autograd. https://docs.pytorch.org/docs/stable/autograd.html"""

from __future__ import annotations

from conformance.choices import Choices
from conformance.model.case import GRAD, Argument, Hook
from conformance.model.verdict import Documented
from conformance.operation import ALL, OMITTED, Effect, Omitted, Operation, spelled
from conformance.parameters import AnyTensor, Choice, Computed, LikeTensor
from conformance.strategies.drawing import Drawing
from reference.autograd import recording

MANUAL = "https://docs.pytorch.org/docs/stable/generated/torch.Tensor.{}.html"


def _any_hook(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    return Hook(choices.choose(("double", "negate", "look")))


def _itself(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    return drawing.arguments["input"]


def _gradient(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    """A gradient of the input's shape; of a single element none is needed."""
    if drawing.numel("input") == 1 and choices.flag():
        return OMITTED
    return LikeTensor("gradient").draw(choices, drawing)


def _no_gradient(choices: Choices, drawing: Drawing) -> Argument | Omitted:
    """A gradient of another shape."""
    if drawing.given("gradient") is None:
        return OMITTED
    return LikeTensor("gradient").spoil(choices, drawing, drawing.arguments["gradient"])


OPERATIONS = [
    Operation(
        name="backward",
        reference=recording.backward,
        spellings=spelled(method="Tensor.backward"),
        parameters=(
            AnyTensor(),
            Computed("gradient", _gradient, _no_gradient),
            Choice("retain_graph", (True, False), required=False),
        ),
        dtypes=ALL,
        effect=Effect.RECORDS,
        results=0,
        basis=Documented(
            MANUAL.format("backward"),
            "If the tensor is non-scalar and requires gradient, the function additionally requires specifying a"
            " gradient.",
        ),
    ),
    Operation(
        name=GRAD,
        reference=recording.grad,
        spellings=spelled("torch.autograd.grad"),
        parameters=(
            AnyTensor(),
            Computed("inputs", _itself),
            Computed("grad_outputs", _gradient),
            Choice("retain_graph", (True, False), required=False),
        ),
        dtypes=ALL,
        effect=Effect.RECORDS,
        basis=Documented(
            "https://docs.pytorch.org/docs/stable/generated/torch.autograd.grad.html",
            "Compute and return the sum of gradients of outputs with respect to the inputs.",
        ),
    ),
    Operation(
        name="requires_grad_",
        reference=recording.requires_grad_,
        spellings=spelled(method="Tensor.requires_grad_"),
        parameters=(AnyTensor(), Choice("requires_grad", (True, False), required=False)),
        dtypes=ALL,
        effect=Effect.RECORDS,
        basis=Documented(
            MANUAL.format("requires_grad_"),
            "Change if autograd should record operations on this tensor: sets requires_grad.",
        ),
    ),
    Operation(
        name="retain_grad",
        reference=recording.retain_grad,
        spellings=spelled(method="Tensor.retain_grad"),
        parameters=(AnyTensor(),),
        dtypes=ALL,
        effect=Effect.RECORDS,
        results=0,
        basis=Documented(
            MANUAL.format("retain_grad"),
            "Enables this Tensor to have their grad populated during backward(). This is a no-op for leaf tensors.",
        ),
    ),
    Operation(
        name="register_hook",
        reference=recording.register_hook,
        spellings=spelled(method="Tensor.register_hook"),
        parameters=(AnyTensor(), Computed("hook", _any_hook)),
        dtypes=ALL,
        effect=Effect.RECORDS,
        results=0,
        basis=Documented(
            MANUAL.format("register_hook"),
            "The hook should not modify its argument, but it can optionally return a new gradient which will be used in"
            " place of grad.",
        ),
    ),
]
