"""Reuters topics in PyTorch: 10,000 words -> 64 relu -> 64 relu -> 46 logits."""

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
    """Cross-entropy; the same one takes integer labels and one-hot rows."""
    entropy = nn.CrossEntropyLoss()
    if loss_on == "logits":
        return entropy
    # clipped as Keras clips probabilities; CrossEntropyLoss normalises them again, as Keras does
    return lambda scores, y: entropy(scores.softmax(dim=1).clamp(1e-7, 1 - 1e-7).log(), y)


def metric(scores: Tensor, y: Tensor) -> Tensor:
    """How many rows have their highest score at the label."""
    return (scores.argmax(dim=1) == (y.argmax(dim=1) if y.ndim == 2 else y)).sum()


def targets(problem: Problem, y: np.ndarray) -> Tensor:
    """Labels as the loss takes them: float32 (n, classes), or int64 (n,)."""
    labels = torch.from_numpy(y)
    one_hot = problem.labels == "one_hot"
    return nn.functional.one_hot(labels, problem.outputs).float() if one_hot else labels


def dataset(problem: Problem, x: np.ndarray, y: np.ndarray) -> Dataset:
    """What a `DataLoader` shuffles and batches: rows of tensors."""
    return TensorDataset(torch.from_numpy(x), targets(problem, y))
