"""RMSprop's other rule, for PyTorch: epsilon inside the root, as Keras has it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.optim.adam import adam

LATE = 1e30  # steps, after which Adam has no bias to correct; one more is as many
# numbers, below which PyTorch gives an operation one thread (at::internal::GRAIN_SIZE), and its
# fused optimisers, which take all of them for any size, cost more than they save
GRAIN = 32768


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
    """The same rule over vectors of many weights, where it pays by the fused pass of Adam.

    Without a first moment and an epsilon of its own, and after so many steps that no bias is left
    to correct, Adam's step is lr g / sqrt(u), where u = rho u + (1 - rho) g^2. If u is
    v + eps / rho before a step, it is v + eps after it, which makes the step RMSprop's; what u then
    lacks is added for the next one.

    Weights, gradients and running squares become views of three vectors, each kernel (out, in)
    laid out in memory as (in, out), which is how sparse rows want it; each of the first weights, as
    many as are to be `apart`, has three of its own. Whoever fills the gradients writes into
    these views, or puts another vector in the place of one. It has the options and the state of
    `torch.optim.RMSprop` and is none: the first Optimizer of a process imports PyTorch's compiler,
    which takes a second or two, and Adam's function does not.
    """

    def __init__(
        self,
        params: Iterable[nn.Parameter],
        lr: float,
        *,
        alpha: float,
        eps: float,
        apart: int = 0,
    ) -> None:
        self.lr, self.alpha, self.eps = lr, alpha, eps
        self.state: dict[nn.Parameter, dict[str, Tensor]] = {}
        self.values: list[Tensor] = []
        self.gradients: list[Tensor] = []
        self.squares: list[Tensor] = []
        self.steps, self.taken = torch.zeros(()), 0
        every = list(params)
        for weights in filter(None, [*([weight] for weight in every[:apart]), every[apart:]]):
            sizes = [weight.numel() for weight in weights]
            vectors = weights[0].new_zeros(3, sum(sizes))
            for weight, *parts in zip(weights, *(v.split(sizes) for v in vectors), strict=True):
                value, gradient, square = (_turned(part, weight) for part in parts)
                value.copy_(weight.detach())
                weight.data, weight.grad = value, gradient
                self.state[weight] = {"step": self.steps, "square_avg": square}
            self.values.append(vectors[0])
            self.gradients.append(vectors[1])
            self.squares.append(vectors[2])
        large = sum(map(len, self.values)) > GRAIN
        self.fused = large or self.values[0].device.type != "cpu"
        self.late = [self.values[0].new_tensor(LATE) for _ in self.values]

    @contextmanager
    def training(self) -> Iterator[None]:
        """The block in which `step` may be called: in it the squares are what Adam takes."""
        before = self.eps / self.alpha if self.fused else 0.0
        self._shift(before)
        try:
            yield
        finally:
            self._shift(-before)
            for square in self.squares:
                square.clamp_(min=0)  # a rounded zero may lie below it
            self.steps += self.taken
            self.taken = 0

    @torch.no_grad()
    def step(self) -> None:
        """One step from the gradients that the vectors hold."""
        self.taken += 1
        if self.fused:
            adam(
                self.values,
                self.gradients,
                self.gradients,  # without a momentum, the first moment is the gradient itself
                self.squares,
                [],
                self.late,
                fused=True,
                amsgrad=False,
                beta1=0.0,
                beta2=self.alpha,
                lr=self.lr,
                weight_decay=0.0,
                eps=0.0,
                maximize=False,
            )
            self._shift(self.eps / self.alpha - self.eps)
        else:
            for vectors in zip(self.values, self.gradients, self.squares, strict=True):
                update(*vectors, self.lr, self.alpha, self.eps)

    def _shift(self, by: float) -> None:
        for square in self.squares:
            square += by


def _turned(part: Tensor, weight: Tensor) -> Tensor:
    """A piece of a vector in the weight's shape; a kernel has its last two axes the other way in
    memory, but the bias (replicas, 1, out) does not notice."""
    if weight.ndim == 1:
        return part.view(weight.shape)
    *replicas, rows, columns = weight.shape
    return part.view(*replicas, columns, rows).mT
