"""Where the time of a step goes in PyTorch: steps with parts left out, and its own profiler."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import torch
from torch import Tensor
from torch.profiler import ProfilerActivity, profile

from common.problem import Problem
from torch_impl.task import TorchTask

PRODUCTS = ("aten::mm", "aten::addmm", "aten::bmm")


def leave_out(task: TorchTask, last: str) -> None:
    """Make each step of `fit` end with a part: "input", "forward", "backward" or "optimiser".

    What it gives up altogether is the running loss and metric.
    """

    def step(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        x, y = x.to(task.device), y.to(task.device)
        if last != "input":
            task.optimizer.zero_grad()
            loss = task.loss(task.net(x), y)
            if last != "forward":
                loss.backward()
            if last == "optimiser":
                task.optimizer.step()
        return nothing, nothing

    nothing = torch.zeros((), device=task.device)
    task._step = step  # type: ignore[method-assign]


def products(problem: Problem, device: str) -> Callable[[], None]:
    """A function that does the matrix products of one step and nothing else."""
    layers = [
        (
            torch.ones(problem.batch_size, layer.fan_in, device=device),
            torch.ones(layer.fan_in, layer.fan_out, device=device),
            torch.ones(problem.batch_size, layer.fan_out, device=device),
        )
        for layer in problem.layers
    ]

    def run() -> None:
        for number, (x, kernel, gradient) in enumerate(layers):
            x @ kernel
            x.T @ gradient
            if number:  # no one asks for the gradient of the rows
                gradient @ kernel.T

    return run


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
