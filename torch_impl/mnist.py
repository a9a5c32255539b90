"""MNIST digits in PyTorch: 784 -> 512 relu -> 10 logits.

Loss, metric and labels are those of Reuters: both choose one class of several.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.utils.data import Dataset

from common.problem import Problem
from torch_impl.reuters import loss, metric, targets

__all__ = ["dataset", "loss", "metric", "network", "targets"]


def network(problem: Problem, loss_on: str) -> nn.Sequential:
    """The network; it gives logits, and the last activation is part of the loss."""
    net = nn.Sequential()
    *hidden, output = problem.layers
    for layer in hidden:
        net.add_module(layer.name, nn.Linear(layer.fan_in, layer.fan_out))
        net.add_module(layer.name + "_relu", nn.ReLU())
    net.add_module(output.name, nn.Linear(output.fan_in, output.fan_out))
    return net


def dataset(problem: Problem, x: np.ndarray, y: np.ndarray) -> Dataset:
    """What a `DataLoader` shuffles and batches: torchvision's MNIST over the digits in memory.

    `common.data` has read and verified the files, so only the reading is left out: each row still
    starts as a raw uint8 image (28, 28) and goes through torchvision's `__getitem__`, a PIL image
    and the transforms, to become float32 (784,) in 0..1.
    """
    # here, since it takes 160 MB, and a regime that draws its own batches does not need it
    from torchvision import transforms
    from torchvision.datasets import MNIST

    digits = MNIST.__new__(MNIST)
    super(MNIST, digits).__init__(  # MNIST's own __init__ looks for files
        root="",
        transform=transforms.Compose([transforms.ToTensor(), torch.flatten]),
        target_transform=targets(problem, np.arange(problem.outputs)).__getitem__,
    )
    digits.data = torch.from_numpy(np.rint(x * 255).astype(np.uint8).reshape(-1, 28, 28))
    digits.targets = torch.from_numpy(y)
    return digits
