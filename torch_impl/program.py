"""What PyTorch's compiler is given: a whole step as one function of the training and of a batch.

`loss.backward()` and `optimizer.step()` work on what hangs on the weights, and a compiled function
is left for them. One that takes the gradients by `torch.func` and updates with them is one graph:
what lies between two products is fused, the optimiser's pass too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch._dynamo.utils import counters
from torch.func import functional_call, grad_and_value

from common.problem import Problem
from common.regime import Regime
from torch_impl.rmsprop import update

Step = Callable[["Program", "Training", Tensor, Tensor], tuple[Tensor, Tensor]]


class Training(NamedTuple):
    """All that a step changes, in place: weights and squares by the network's own names."""

    weights: dict[str, Tensor]
    squares: dict[str, Tensor]
    steps: Tensor


@dataclass(frozen=True)
class Program:
    """What a step computes. It tells no Task from the next, which shares what was compiled."""

    net: nn.Module
    objective: Any  # one of `objectives.OBJECTIVES`
    update: Callable[[Tensor, Tensor, Tensor], None]  # a weight, by its gradient and its square

    def gradients(self, weights: dict[str, Tensor], x: Tensor, y: Tensor) -> tuple:
        """`((mean loss, scores), gradients)` of a batch."""

        def loss(weights: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
            scores = functional_call(self.net, weights, (x,))
            return self.objective.loss(scores, y), scores

        gradients, found = grad_and_value(loss, has_aux=True)(weights)
        return found, gradients

    def step(self, training: Training, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """One step on one batch: sums over its rows of the loss before the step and the metric."""
        (loss, scores), gradients = self.gradients(training.weights, x, y)
        for name, gradient in gradients.items():
            self.update(training.weights[name], gradient, training.squares[name])
        training.steps.add_(1)
        return loss * len(x), self.objective.metric(scores, y)


class Compiled:
    """The step of one Task under PyTorch's compiler: it changes the network and its optimiser."""

    functions = 1  # that the compiler is given

    def __init__(self, task: Any) -> None:
        rules, parameters = task.rules, dict(task.net.named_parameters())
        rule = partial(
            update,
            rate=task.problem.learning_rate,
            decay=rules.rho,
            epsilon=rules.epsilon,
            inside=rules.epsilon_inside_root,
        )
        self.program = Program(task.net, task.objective, rule)
        steps = torch.zeros((), device=task.device)
        for weight in parameters.values():
            square = torch.zeros_like(weight)
            task.optimizer.state[weight] = {"step": steps, "square_avg": square}
        self.training = Training(
            {name: weight.detach() for name, weight in parameters.items()},
            {name: task.optimizer.state[w]["square_avg"] for name, w in parameters.items()},
            steps,
        )
        self.run = compiled_step(task.problem, rules, task.device)

    def gradients(self, x: Tensor, y: Tensor) -> tuple:
        """As `Program.gradients`, and not compiled: a step of `fit` keeps them to itself."""
        return self.program.gradients(self.training.weights, x, y)

    def step(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """As `Program.step`."""
        return self.run(self.program, self.training, x, y)

    def told(self) -> dict[str, int]:
        """How often the compiler left a function half-way, and how often it compiled one anew."""
        breaks, graphs = sum(counters["graph_break"].values()), counters["stats"]["unique_graphs"]
        anew = max(0, graphs - self.functions - breaks)  # a break makes one graph more
        return {"graph_breaks": breaks, "recompilations": anew}


class PartlyCompiled(Compiled):
    """The tutorials' step: the network compiled, and if the extent is "optimiser" the update."""

    def __init__(self, task: Any, extent: str) -> None:
        super().__init__(task)
        begin_afresh()
        self.task, self.net, self.update = task, torch.compile(task.net), task.optimizer.step
        for slot in task.optimizer.state.values():
            slot["step"] = torch.zeros(())  # an optimiser counts for each weight
        if extent == "optimiser":
            self.functions, self.update = 2, torch.compile(task.optimizer.step)

    def step(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        task = self.task
        task.optimizer.zero_grad()
        scores = self.net(x)
        loss = task.objective.loss(scores, y)
        loss.backward()
        self.update()
        return loss.detach() * len(x), task.objective.metric(scores.detach(), y)


@lru_cache(maxsize=1)
def compiled_step(problem: Problem, rules: Regime, device: str) -> Step:
    """`Program.step` under PyTorch's compiler; the same one as long as the arguments stay.

    What was compiled for others is thrown away: the compiler keeps eight programs of a function,
    and takes each size that has changed for one that will go on changing.
    """
    begin_afresh()
    return torch.compile(Program.step, fullgraph=True)  # a graph break would be an error


def begin_afresh() -> None:
    """Forget what was compiled, and what was counted."""
    torch.compiler.reset()
    counters.clear()
