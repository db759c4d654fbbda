"""Stochastic gradient descent. https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html"""

from __future__ import annotations

from collections.abc import Iterable

from reference.arithmetic import add, mul
from reference.autograd.mode import no_grad
from reference.conversion import clone
from reference.errors import refuse_type, refuse_value
from reference.nn.module import clear_gradients
from reference.signs import neg
from reference.tensor import Tensor
from reference.writing import in_place


class SGD:
    """Steps against the gradient, with momentum if asked for.

    Refuses (ValueError) negative settings, Nesterov's momentum without momentum or with dampening, no parameters, and
    parameters that are not leaves.
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        if min(lr, momentum, weight_decay) < 0:
            refuse_value(f"Invalid learning rate, momentum or weight decay: {lr}, {momentum}, {weight_decay}")
        if nesterov and (momentum <= 0 or dampening != 0):
            refuse_value("Nesterov momentum requires a momentum and zero dampening")
        if isinstance(params, Tensor):
            refuse_type("params argument given to the optimizer should be an iterable of Tensors, but got a Tensor")
        self.params = list(params)
        if not self.params:
            refuse_value("optimizer got an empty parameter list")
        if any(not isinstance(parameter, Tensor) for parameter in self.params):
            refuse_type("optimizer can only optimize Tensors")
        if any(not parameter.is_leaf for parameter in self.params):
            refuse_value("can't optimize a non-leaf Tensor")
        self.lr, self.momentum, self.dampening = lr, momentum, dampening
        self.weight_decay, self.nesterov, self.maximize = weight_decay, nesterov, maximize
        self.buffers: dict[int, Tensor] = {}

    def step(self) -> None:
        """Move every parameter that has a gradient, in place."""
        with no_grad():
            for position, parameter in enumerate(self.params):
                if parameter.grad is not None:
                    direction = self._direction(position, parameter, parameter.grad)
                    in_place(add, parameter, direction, alpha=-self.lr)

    def _direction(self, position: int, parameter: Tensor, grad: Tensor) -> Tensor:
        direction: Tensor = neg(grad) if self.maximize else grad
        if self.weight_decay:
            direction = add(direction, parameter, alpha=self.weight_decay)
        if not self.momentum:
            return direction
        buffer = self.buffers.get(position)
        if buffer is None:
            # The first step is not dampened.
            buffer = self.buffers[position] = clone(direction)
        else:
            in_place(mul, buffer, self.momentum)
            in_place(add, buffer, direction, alpha=1 - self.dampening)
        return add(direction, buffer, alpha=self.momentum) if self.nesterov else buffer

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Clear every parameter's gradient: to None, or to zeros in place."""
        clear_gradients(iter(self.params), set_to_none)
