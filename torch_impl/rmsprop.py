"""RMSprop's other rule, for PyTorch: epsilon inside the root, as Keras has it."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn


class RMSpropInside(torch.optim.RMSprop):
    """RMSprop with epsilon inside the root, lr g / sqrt(v + eps), as Keras has it.

    Source: keras/src/optimizers/rmsprop.py. The options and the state are those of
    `torch.optim.RMSprop`, without momentum or centring.
    """

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """One step from the gradients that the parameters hold."""
        for group in self.param_groups:
            decay, epsilon = group["alpha"], group["eps"]
            for weight in group["params"]:
                if weight.grad is None:  # the loss does not depend on it
                    continue
                slot = self.state[weight]
                if not slot:
                    slot |= {"step": torch.zeros(()), "square_avg": torch.zeros_like(weight)}
                slot["step"] += 1
                square = slot["square_avg"]
                update(weight, weight.grad, square, group["lr"], decay, epsilon)


class RMSpropBare:
    """The same rule and state, and no `torch.optim.Optimizer`: the first one of a process imports
    PyTorch's compiler, which takes longer than to judge a small model."""

    def __init__(
        self, params: Iterable[nn.Parameter], lr: float, *, alpha: float, eps: float
    ) -> None:
        self.params, self.lr, self.alpha, self.eps = list(params), lr, alpha, eps
        self.state: dict[nn.Parameter, dict[str, Tensor]] = {}

    @torch.no_grad()
    def step(self) -> None:
        """One step from the gradients that the parameters hold."""
        for weight in self.params:
            if weight.grad is not None:
                slot = self.state.setdefault(weight, {"square_avg": torch.zeros_like(weight)})
                square = slot["square_avg"]
                update(weight, weight.grad, square, self.lr, self.alpha, self.eps)


def update(
    weight: Tensor,
    gradient: Tensor,
    square: Tensor,
    rate: float,
    decay: float,
    epsilon: float,
    inside: bool = True,
) -> None:
    """Change a weight and its running square by a gradient, epsilon inside the root or outside."""
    square.mul_(decay).addcmul_(gradient, gradient, value=1 - decay)
    root = (square + epsilon).sqrt_() if inside else square.sqrt().add_(epsilon)
    weight.addcdiv_(gradient, root, value=-rate)


class RMSpropFlat:
    """The same rule with all weights in one vector: five operations a step, and not five a weight.

    Weights, gradients and running squares become views of three vectors, each kernel (out, in)
    laid out in memory as (in, out), which is how a product with sparse rows wants it. Whoever
    fills the gradients writes into these views. It has the options and the state of
    `torch.optim.RMSprop` and is none: the first Optimizer of a process imports PyTorch's compiler,
    which takes two seconds.
    """

    def __init__(
        self, params: Iterable[nn.Parameter], lr: float, *, alpha: float, eps: float
    ) -> None:
        self.lr, self.alpha, self.eps = lr, alpha, eps
        self.state: dict[nn.Parameter, dict[str, Tensor]] = {}
        weights = list(params)
        sizes = [weight.numel() for weight in weights]
        self.values, self.gradients, self.squares, self.roots = weights[0].new_zeros(4, sum(sizes))
        self.steps = torch.zeros(())
        vectors = (self.values, self.gradients, self.squares)
        for weight, *parts in zip(weights, *(v.split(sizes) for v in vectors), strict=True):
            value, gradient, square = (_turned(part, weight) for part in parts)
            value.copy_(weight.detach())
            weight.data, weight.grad = value, gradient
            self.state[weight] = {"step": self.steps, "square_avg": square}

    @torch.no_grad()
    def step(self) -> None:
        """One step from the gradients that the views hold."""
        self.steps += 1
        self.squares.mul_(self.alpha)
        self.squares.addcmul_(self.gradients, self.gradients, value=1 - self.alpha)
        torch.add(self.squares, self.eps, out=self.roots).sqrt_()
        self.values.addcdiv_(self.gradients, self.roots, value=-self.lr)


def _turned(part: Tensor, weight: Tensor) -> Tensor:
    """A piece of a vector in the weight's shape; a kernel has its last two axes the other way in
    memory, but the bias (replicas, 1, out) does not notice."""
    if weight.ndim == 1:
        return part.view(weight.shape)
    *replicas, rows, columns = weight.shape
    return part.view(*replicas, columns, rows).mT
