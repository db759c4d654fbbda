"""Every vjp is proved: a check against central differences reaches it, or its gradient is zero by definition."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Any

import numpy as np
import pytest

import reference
from reference import random
from reference.autograd.engine import backward
from reference.autograd.graph import CallNode
from reference.dtypes import COMPLEX_EXTENDED
from reference.embedding import as_strided_gather, as_strided_scatter_add, embed
from reference.errors import Refusal
from reference.function import Function
from reference.tensor import METHODS, Tensor
from tests.reference import (
    test_cumulative,
    test_differences,
    test_distances,
    test_index_vjps,
    test_product_vjps,
    test_quantiles,
    test_sorting,
    test_vjps,
)
from tests.reference.gradients import Example, first, method, on, tensor, weights, wide

X = np.array([[0.7, -1.3, 0.4], [2.1, 0.9, -0.6]])
Y = np.array([[1.1, 0.5, -0.8], [-1.7, 2.3, 0.35]])
ROW, NUMBER = np.array([0.6, -0.45, 1.2]), np.array(1.4)
CHANCES = np.array([[0.1, 0.5, 0.9], [0.2, 0.7, 0.4]])

WRITES = [
    on("copy_", lambda x, src: METHODS["copy_"](x * 1, src), X, ROW, second=False),
    method("fill", X, NUMBER, second=False),
    on("fill_", lambda x, value: METHODS["fill_"](x * 1, value), X, NUMBER, second=False),
    on("zero_", lambda x: METHODS["zero_"](x * 1) + x * x, X),
    on("nan_to_num_", lambda x: METHODS["nan_to_num_"](x * 1) * x, X),
]
CONVERSIONS = [
    method("clone", X),
    on("to another dtype", lambda x: METHODS["to"](x, COMPLEX_EXTENDED), X),
    method("view_as_real", X + 1j * Y),
    on("view_as_complex", lambda x: METHODS["view_as_complex"](x) * 1, X[:, :2].copy()),
    on("conj_physical_", lambda z: METHODS["conj_physical_"](z * 1), X + 1j * Y),
]
# A memory of six in which the view skips one element and reads another twice.
BASE, VIEW = ((2, 3), (3, 1), 0), ((2, 2), (2, 2), 1)
PUT_BACK = [
    on("embed", lambda a, b: embed([a, b], (2, 3), lambda whole: [METHODS["t"](whole)[0], whole[1]]), X[:, 0], ROW),
    on("as_strided_gather", lambda x: as_strided_gather(x, BASE, VIEW), X),
    on("as_strided_scatter_add", lambda g: as_strided_scatter_add(g, BASE, VIEW), X[:, :2].copy()),
]
EXAMPLES = [*WRITES, *CONVERSIONS, *PUT_BACK]
TABLES = (
    EXAMPLES,
    test_cumulative.EXAMPLES,
    test_differences.EXAMPLES,
    test_distances.EXAMPLES,
    test_index_vjps.EXAMPLES,
    test_product_vjps.EXAMPLES,
    test_quantiles.EXAMPLES,
    test_sorting.EXAMPLES,
    test_vjps.EXAMPLES,
)

# A draw counts as constant, whatever it was drawn with: torch's derivatives of all of them are zero.
IN_PLACE_DRAWS: dict[str, tuple[Any, ...]] = {
    "bernoulli_": (0.5,),
    "cauchy_": (),
    "exponential_": (),
    "geometric_": (0.5,),
    "log_normal_": (),
    "normal_": (),
    "uniform_": (),
}
DRAWS = [
    *(
        on(name, lambda x, name=name, given=given: METHODS[name](x * 1, *given), X)
        for name, given in IN_PLACE_DRAWS.items()
    ),
    *(
        on(f"random_{bounds}", lambda x, bounds=bounds: METHODS["random_"](x * 1, *bounds), X)
        for bounds in ((), (9,), (2, 9))
    ),
    on("bernoulli_ by tensor", lambda x, p: METHODS["bernoulli_"](x * 1, p), X, CHANCES),
    on("bernoulli", METHODS["bernoulli"], CHANCES),
    on("normal", METHODS["normal"], X, CHANCES),
    on("poisson", METHODS["poisson"], CHANCES),
]


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_vjp_is_the_central_difference(example: Example) -> None:
    example.check()


def pulled_back(example: Example, arrays: Iterable[np.ndarray]) -> list[Tensor]:
    """The inputs of an example, with the gradients that reach them."""
    inputs = [tensor(array, requires_grad=True) for array in arrays]
    made = first(example.call(*inputs))
    backward(made, tensor(weights(made.shape, made.array.dtype)), create_graph=True)
    return inputs


@pytest.mark.parametrize("draw", DRAWS, ids=str)
def test_the_gradient_of_a_draw_is_zero(draw: Example) -> None:
    random.manual_seed(7)
    for given in pulled_back(draw, draw.arrays):
        assert given.grad is not None
        assert not given.grad.array.any()


def functions() -> Iterator[Function]:
    """All of the reference, also those that are no method or whose name another has taken."""
    names = [info.name for info in pkgutil.walk_packages(reference.__path__, "reference.")]
    modules = map(import_module, names)
    found = [*METHODS.values(), *(value for module in modules for value in vars(module).values())]
    return iter({id(one): one for one in found if isinstance(one, Function) and one.__module__ in names}.values())


def declared() -> list[tuple[str, Any, tuple[str, ...]]]:
    """Every vjp: the name of its function and its argument, the product, and what that needs."""
    return [
        (f"{function.name}.{argument}", *declaration)
        for function in functions()
        for argument, declaration in function.vjps.items()
    ]


# torch records these calls and then has no derivative.
REFUSED = {
    f"{name}.{argument}"
    for names, arguments in (
        (("unique", "unique_consecutive", "igamma", "igammac"), ("input",)),
        (("histogram", "_counted", "_edges"), ("input", "bins", "weight")),
        (("bincount",), ("weights",)),
        (("floor_divide",), ("input", "other")),
        (("heaviside",), ("input", "values")),
        (("set_",), ("input", "source")),
    )
    for name in names
    for argument in arguments
}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_has_no_derivative_is_refused(name: str) -> None:
    for product, needs in [(product, needs) for one, product, needs in declared() if one == name]:
        with pytest.raises(Refusal):
            product(*(None for _ in needs))


def test_every_vjp_is_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    reached: set[int] = set()
    apply = CallNode.apply

    def noting(node: CallNode, grads: Any) -> Any:
        for argument, positions in node.targets:
            if any(node.edges[position].node is not None for position in positions):
                reached.add(id(node.vjps[argument][0]))
        return apply(node, grads)

    monkeypatch.setattr(CallNode, "apply", noting)
    for draw in DRAWS:
        pulled_back(draw, draw.arrays)
    for example in (example for table in TABLES for example in table):
        gradients = [given.grad for given in pulled_back(example, map(wide, example.arrays)) if given.grad is not None]
        for gradient in gradients if example.second else []:
            if gradient.requires_grad:
                backward(gradient, tensor(weights(gradient.shape, gradient.array.dtype)), retain_graph=True)
    proved = [(name, product) for name, product, _ in declared() if name not in REFUSED]
    assert len(proved) > 300
    missed = sorted(name for name, product in proved if id(product) not in reached)
    assert not missed, f"no example reaches {missed}"
