"""IMDB sentiment in PyTorch: 10,000 words -> 16 relu -> 16 relu -> 1 logit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset, TensorDataset

from common.problem import Problem


def network(problem: Problem, loss_on: str) -> nn.Sequential:
    """The network; it gives logits, and the last activation is part of the loss."""
    net = nn.Sequential()
    *hidden, output = problem.layers
    for layer in hidden:
        net.add_module(layer.name, nn.Linear(layer.fan_in, layer.fan_out))
        net.add_module(layer.name + "_relu", nn.ReLU())
    net.add_module(output.name, nn.Linear(output.fan_in, output.fan_out))
    return net


def loss(problem: Problem, loss_on: str) -> Callable[[Tensor, Tensor], Tensor]:
    """Binary cross-entropy."""
    if loss_on == "logits":
        return nn.BCEWithLogitsLoss()
    entropy = nn.BCELoss()  # clamps its logarithms at -100
    return lambda scores, y: entropy(scores.sigmoid(), y)


def metric(scores: Tensor, y: Tensor) -> Tensor:
    """How many rows lie on the label's side of a logit of 0."""
    return ((scores > 0) == (y > 0.5)).sum()


def targets(problem: Problem, y: np.ndarray) -> Tensor:
    """Labels as the loss takes them: float32 (n, 1); (n,) would broadcast to (n, n)."""
    return torch.from_numpy(y.astype(np.float32)).unsqueeze(1)


def dataset(problem: Problem, x: np.ndarray, y: np.ndarray) -> Dataset:
    """What a `DataLoader` shuffles and batches: rows of tensors."""
    return TensorDataset(torch.from_numpy(x), targets(problem, y))
