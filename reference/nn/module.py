"""Modules: parameters and other modules by name, and a call.

https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reference.autograd.mode import no_grad
from reference.errors import Refusal, refuse, refuse_type
from reference.inplace import copy_
from reference.tensor import Tensor


class Parameter(Tensor):
    """A tensor that requires a gradient and, assigned to a module, is one of its parameters.

    It looks at the storage of ``data``.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.parameter.Parameter.html
    """

    __slots__ = ()

    def __init__(self, data: Tensor, requires_grad: bool = True) -> None:
        super().__init__(data.storage, data.dtype, data.shape, data.strides, data.offset, data.counter)
        self.specified = data.specified
        self.requires_grad_(requires_grad)


class Module:
    """Keeps what is assigned to it: parameters and modules by name, in the order of their assignment."""

    def __init__(self) -> None:
        object.__setattr__(self, "_parameters", {})
        object.__setattr__(self, "_modules", {})

    _parameters: dict[str, Parameter | None]
    _modules: dict[str, Module]

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Parameter):
            self._parameters[name] = value
        elif isinstance(value, Module):
            self._modules[name] = value
        elif name in self._parameters:
            if value is not None:
                refuse_type(f"cannot assign '{type(value).__name__}' as parameter '{name}'")
            self._parameters[name] = None
        elif name in self._modules:
            refuse_type(f"cannot assign '{type(value).__name__}' as child module '{name}'")
        else:
            object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        for kept in (self.__dict__.get("_parameters", {}), self.__dict__.get("_modules", {})):
            if name in kept:
                return kept[name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def register_parameter(self, name: str, parameter: Parameter | None) -> None:
        """Add a parameter by name; None holds its place."""
        if hasattr(self, name) and name not in self._parameters:
            raise Refusal("KeyError", f"attribute '{name}' already exists")
        self._parameters[name] = parameter

    def forward(self, *args: Any) -> Any:
        """What a call computes; every module defines its own."""
        raise Refusal(
            "NotImplementedError", f'Module [{type(self).__name__}] is missing the required "forward" function'
        )

    def __call__(self, *args: Any) -> Any:
        return self.forward(*args)

    def named_parameters(self, prefix: str = "") -> Iterator[tuple[str, Parameter]]:
        """Every parameter once, with its dotted name: a module's own first, then those of its modules."""
        seen: set[int] = set()
        for name, parameter in self._every_parameter(prefix):
            if id(parameter) not in seen:
                seen.add(id(parameter))
                yield name, parameter

    def _every_parameter(self, prefix: str) -> Iterator[tuple[str, Parameter]]:
        start = f"{prefix}." if prefix else ""
        for name, parameter in self._parameters.items():
            if parameter is not None:
                yield start + name, parameter
        for name, module in self._modules.items():
            yield from module._every_parameter(start + name)

    def parameters(self) -> Iterator[Parameter]:
        """``named_parameters`` without the names."""
        return (parameter for _, parameter in self.named_parameters())

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Clear every parameter's gradient: to None, or to zeros in place."""
        clear_gradients(self.parameters(), set_to_none)

    def state_dict(self) -> dict[str, Tensor]:
        """Every parameter by its dotted name, detached: it shares memory with the module."""
        return {name: parameter.detach() for name, parameter in self._every_parameter("")}

    def load_state_dict(self, state_dict: Mapping[str, Tensor]) -> None:
        """Copy values into the parameters of those names; refused unless names and shapes agree."""
        own = dict(self._every_parameter(""))
        if own.keys() != state_dict.keys():
            missing, unexpected = sorted(own.keys() - state_dict.keys()), sorted(state_dict.keys() - own.keys())
            refuse(f"Error(s) in loading state_dict: missing {missing}, unexpected {unexpected}")
        for name, parameter in own.items():
            if state_dict[name].shape != parameter.shape:
                refuse(f"size mismatch for {name}: {list(state_dict[name].shape)} into {list(parameter.shape)}")
        with no_grad():
            for name, parameter in own.items():
                copy_(parameter, state_dict[name])

    def extra_repr(self) -> str:
        """What stands between the parentheses of the printed form."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = [f"({name}): " + repr(module).replace("\n", "\n  ") for name, module in self._modules.items()]
        if not lines:
            return f"{type(self).__name__}({extra})"
        return f"{type(self).__name__}({extra}\n  " + "\n  ".join(lines) + "\n)"


def clear_gradients(parameters: Iterator[Tensor], set_to_none: bool) -> None:
    """Forget gradients, or write zeros over them."""
    for parameter in parameters:
        if parameter.grad is None:
            continue
        if set_to_none:
            parameter.grad = None
        else:
            parameter.grad = parameter.grad.detach()
            parameter.grad.zero_()
