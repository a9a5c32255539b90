"""Where the time of a step goes in PyTorch: steps with parts left out, and its own profiler."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.profiler import ProfilerActivity, profile

from common.problem import Problem
from torch_impl.rmsprop import RMSpropFlat
from torch_impl.task import TorchTask
from torch_impl.tuned import (
    LARGE,
    Batch,
    Chain,
    SparseRows,
    large,
    large_product,
    sparse_rows,
)

SIDE, STREAM = 2048, 2**24  # of a large product; elements of a stream beyond every cache
PRODUCTS = ("aten::mm", "aten::addmm", "aten::bmm")


class PartialTask(TorchTask):
    """A Task whose steps of `fit` end with a part: "input", "forward", "backward", "optimiser".

    What it gives up altogether is the running loss and metric.
    """

    def __init__(self, *args: Any, last: str, **options: Any) -> None:
        self.last = last
        super().__init__(*args, **options)
        self.nothing = torch.zeros((), device=self.device)

    def step(self, x: Any, y: Tensor) -> tuple[Tensor, Tensor]:
        x, y = x.to(self.device), y.to(self.device)
        if self.last != "input":
            self.optimizer.zero_grad()
            loss = self.objective.loss(self.scored(x), y)
            if self.last != "forward":
                loss.backward()
            if self.last == "optimiser":
                self.optimizer.step()
        return self.nothing, self.nothing

    @torch.no_grad()
    def _train_by_hand(self, source: Iterable[Batch]) -> Callable[[], dict[str, float]]:
        assert self.chain is not None
        with self.optimizer.training():
            for x, y in source:
                if self.last == "forward":
                    self.chain.scores(x)
                elif self.last != "input":
                    self.chain.gradients(x, y)
                if self.last == "optimiser":
                    self.optimizer.step()
        return lambda: {"loss": 0.0, self.problem.metric: 0.0}


class OtherwiseTask(TorchTask):
    """A tuned Task that does one of PIECES as PyTorch's users do, and all else as it is tuned."""

    def __init__(self, *args: Any, piece: str, **options: Any) -> None:
        self.piece = piece
        super().__init__(*args, **options)

    def build(self, device: str) -> None:
        super().build(device)
        PIECES[self.piece](self)


class AutogradChain(Chain):
    """The same gradients by autograd, which the optimiser takes as they come."""

    def __init__(self, layers: Iterable[nn.Module], objective: Any, optimizer: RMSpropFlat) -> None:
        super().__init__(layers, objective.problem.loss, optimizer)
        self.objective = objective
        self.layers = [
            (kernel.detach().requires_grad_(), bias.detach().requires_grad_())
            for kernel, bias in zip(self.kernels, self.biases, strict=True)
        ]

    @torch.enable_grad()
    def gradients(self, x: Any, y: Tensor) -> Tensor:
        """Give the optimiser a gradient for each weight; the scores."""
        for i, (kernel, bias) in enumerate(self.layers):
            if isinstance(x, SparseRows):
                out = SparseProduct.apply(kernel, x) + bias
            else:
                out = torch.addmm(bias, x, kernel)
            x = out.relu() if i < len(self.layers) - 1 else out
        loss = self.objective.loss(x, y)
        found = torch.autograd.grad(loss, [weight for pair in self.layers for weight in pair])
        self.optimizer.gradients[:] = [gradient.contiguous().view(-1) for gradient in found]
        return x.detach()


class SparseProduct(torch.autograd.Function):
    """Sparse rows times a kernel, which autograd has for no layout that is fast both ways."""

    @staticmethod
    def forward(context: Any, kernel: Tensor, x: SparseRows) -> Tensor:
        context.columns = x.columns
        return x.rows.sums(kernel)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return context.columns.sums(gradient), None


def _by_autograd(task: TorchTask) -> None:
    _with_vectors_apart(task)
    task.chain = AutogradChain(task.net, task.objective, task.optimizer)


def _with_vectors_apart(task: TorchTask) -> None:
    task.optimizer = task.make_optimizer(partial(RMSpropFlat, apart=len(task.weight_names)))
    task.chain = Chain(task.net, task.problem.loss, task.optimizer)


def _by_operations(task: TorchTask) -> None:
    task.optimizer.fused = not task.optimizer.fused


def _by_the_other_library(task: TorchTask) -> None:
    assert task.chain is not None
    task.chain.large = [
        k.numel() > LARGE and not large
        for k, large in zip(task.chain.kernels, task.chain.large, strict=True)
    ]


PIECES: dict[str, Callable[[TorchTask], None]] = {
    "gradients by hand, not by autograd": _by_autograd,
    "weights in one vector, not in one each": _with_vectors_apart,
    "the optimiser's pass that suits the size": _by_operations,
    "the library of products that suits the processor": _by_the_other_library,
}


def products(
    problem: Problem, device: str, x: Any = None, *, tuned: bool = False
) -> Callable[[], Any]:
    """A function that does the matrix products of one step and nothing else, `tuned` or not.

    With `x`, a batch of text as CSR, those of the first layer are of its sparse rows.
    """
    batch = None if x is None else sparse_rows(x).to(device)
    table = torch.ones(problem.layers[0].fan_in, problem.layers[0].fan_out, device=device)
    rows = problem.batch_size if batch is None else len(batch)
    layers = [
        (
            torch.ones(rows if number or batch is None else 0, layer.fan_in, device=device),
            torch.ones(layer.fan_out, layer.fan_in, device=device).T,  # as nn.Linear keeps it
            torch.ones(rows, layer.fan_out, device=device),
        )
        for number, layer in enumerate(problem.layers)
    ]

    def run() -> None:
        for number, (x, kernel, gradient) in enumerate(layers):
            if batch is not None and not number:
                batch.rows.sums(table)
                batch.columns.sums(gradient)
                continue
            if tuned and large(kernel):
                large_product(x, kernel.T)
                large_product(gradient.T, x.T)
            else:
                x @ kernel
                x.T @ gradient
            if number:  # no one asks for the gradient of the rows
                gradient @ kernel.T

    return run


def peaks(device: str) -> dict[str, tuple[Callable[[], Any], float]]:
    """What the machine can do at best: `product` with its flop, `stream` with its bytes."""
    a, b, out = torch.ones(3, SIDE, SIDE, device=device)

    def product() -> Tensor:
        return large_product(a, b) if large(b) else torch.mm(a, b, out=out)

    sums, addend = torch.ones(2, STREAM, device=device)
    return {
        "product": (product, 2.0 * SIDE**3),
        "stream": (lambda: sums.add_(addend), 3 * 4.0 * STREAM),  # two read, one written
    }


def profiled(run: Callable[[], None]) -> dict[str, float]:
    """Seconds in matrix products and in other kernels while `run` ran, by torch.profiler."""
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        run()
    seconds = Counter({"products": 0.0, "other_kernels": 0.0})
    for event in profiler.key_averages():
        if event.key.startswith("aten::"):
            kind = "products" if event.key in PRODUCTS else "other_kernels"
            seconds[kind] += event.self_cpu_time_total / 1e6
    return dict(seconds)


class PartlyCompiledTask(TorchTask):
    """A Task whose step of `fit` is the tutorials' own, and of it only an extent is compiled.

    "forward": the network; "optimiser": its update too, each a function of its own.
    """

    def __init__(self, *args: Any, extent: str, **options: Any) -> None:
        self.extent = extent
        super().__init__(*args, **options)

    def make_compiled(self) -> Any:
        from torch_impl.program import PartlyCompiled  # it imports PyTorch's compiler

        return PartlyCompiled(self, self.extent)
