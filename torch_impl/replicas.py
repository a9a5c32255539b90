"""Several networks of one shape in lock-step: one batched product in place of many small ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from common.problem import Layer
from common.replicas import StackLog
from torch_impl.rmsprop import RMSpropFlat
from torch_impl.tuned import Chain


class Stack:
    """The networks of several Tasks as one, with one optimiser for all of them.

    It takes over their weights and running squares when it is made, and hands them back after each
    epoch.
    """

    def __init__(self, tasks: Sequence[Any]) -> None:
        self.tasks, first = tasks, tasks[0]
        layers = [
            StackedLinear(len(tasks), layer).to(first.device) for layer in first.problem.layers
        ]
        self.weights = [weight for layer in layers for weight in layer.parameters()]
        rule = first.optimizer
        self.optimizer = RMSpropFlat(self.weights, rule.lr, alpha=rule.alpha, eps=rule.eps)
        self.chain = Chain(layers, first.problem.loss, self.optimizer)
        states = [task.get_state() for task in tasks]
        self.steps = [state["step"] for state in states]  # taken before
        with torch.no_grad():
            for name, tensor in self._tensors():
                parts = torch.from_numpy(np.stack([state[name] for state in states]))
                tensor.copy_(parts.mT if parts.ndim == 3 else parts.unsqueeze(1))

    def train_epochs(
        self,
        x: np.ndarray,
        y: np.ndarray,
        epochs: int,
        turns: Iterator[np.ndarray],
        log: StackLog,
    ) -> None:
        """Train on the rows of each epoch, (replicas, n), in turn."""
        first = self.tasks[0]
        held, targets = torch.from_numpy(x).to(first.device), first.targets(y).to(first.device)
        for rows in turns:
            # each loss is the mean over its replica's own rows: no gradient reaches another one
            scores, y_of = self.chain.train(
                (held[chosen], targets[chosen])
                for chosen in torch.from_numpy(rows).split(first.problem.batch_size, dim=1)
            )
            pairs = list(zip(scores, y_of, strict=True))
            loss = torch.stack([first.objective.loss(*pair) for pair in pairs])
            metric = torch.stack([first.objective.metric(*pair) for pair in pairs]) / rows.shape[1]
            seconds = log.seconds()
            self._hand_back()
            log.stop({"loss": loss.tolist(), first.problem.metric: metric.tolist()}, seconds)

    def _hand_back(self) -> None:
        """Give each Task its weights and squares as they are now."""
        every = {name: tensor.detach().cpu().numpy() for name, tensor in self._tensors()}
        for i, (task, step) in enumerate(zip(self.tasks, self.steps, strict=True)):
            state = {k: v[i].T if k.endswith("kernel") else v[i, 0] for k, v in every.items()}
            task.set_state({**state, "step": step + int(self.optimizer.steps)})

    def _tensors(self) -> Iterator[tuple[str, Tensor]]:
        """Weights and running squares by the names of a State, the replicas on the first axis."""
        for name, weight in zip(self.tasks[0].weight_names, self.weights, strict=True):
            yield name, weight
            yield f"square/{name}", self.optimizer.state[weight]["square_avg"]


class StackedLinear(nn.Module):
    """Linear layers side by side: weights (replicas, out, in), biases (replicas, 1, out)."""

    def __init__(self, replicas: int, layer: Layer) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(replicas, layer.fan_out, layer.fan_in))
        self.bias = nn.Parameter(torch.empty(replicas, 1, layer.fan_out))
