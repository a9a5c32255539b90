"""Boston housing prices in PyTorch: 13 features -> 64 relu -> 64 relu -> 1."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset, TensorDataset

from common.problem import Problem


def network(problem: Problem, loss_on: str) -> nn.Sequential:
    """The network; a value has no last activation, so `loss_on` changes nothing."""
    net = nn.Sequential()
    *hidden, output = problem.layers
    for layer in hidden:
        net.add_module(layer.name, nn.Linear(layer.fan_in, layer.fan_out))
        net.add_module(layer.name + "_relu", nn.ReLU())
    net.add_module(output.name, nn.Linear(output.fan_in, output.fan_out))
    return net


def loss(problem: Problem, loss_on: str) -> Callable[[Tensor, Tensor], Tensor]:
    """Mean squared error."""
    return nn.MSELoss()


def metric(scores: Tensor, y: Tensor) -> Tensor:
    """Sum over rows of the absolute error, in thousands of dollars."""
    return (scores - y).abs().sum()


def targets(problem: Problem, y: np.ndarray) -> Tensor:
    """Prices as the loss takes them: float32 (n, 1); (n,) would broadcast to (n, n)."""
    return torch.from_numpy(y.astype(np.float32)).unsqueeze(1)


def dataset(problem: Problem, x: np.ndarray, y: np.ndarray) -> Dataset:
    """What a `DataLoader` shuffles and batches: rows of tensors."""
    return TensorDataset(torch.from_numpy(x), targets(problem, y))
