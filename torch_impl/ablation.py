"""Where the time of a step goes in PyTorch: steps with parts left out, and its own profiler."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.profiler import ProfilerActivity, profile

from common.problem import Problem
from torch_impl.task import TorchTask
from torch_impl.tuned import large, large_product, sparse_rows

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

    def step(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        x, y = x.to(self.device), y.to(self.device)
        if self.last != "input":
            self.optimizer.zero_grad()
            loss = self.objective.loss(self.net(x), y)
            if self.last != "forward":
                loss.backward()
            if self.last == "optimiser":
                self.optimizer.step()
        return self.nothing, self.nothing


def products(
    problem: Problem, device: str, x: Any = None, *, tuned: bool = False
) -> Callable[[], Any]:
    """A function that does the matrix products of one step and nothing else, `tuned` or not.

    With `x`, a batch of text as CSR, those of the first layer are of its sparse rows.
    """
    batch = None if x is None else sparse_rows(x).to(device)
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
                batch.rows @ kernel
                batch.columns @ gradient
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
    with profile(activities=[ProfilerActivity.CPU]) as found:
        run()
    seconds = Counter({"products": 0.0, "other_kernels": 0.0})
    for event in found.key_averages():
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
