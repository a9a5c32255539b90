"""MNIST digits in PyTorch: 784 -> 512 relu -> 10 logits."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset


def network() -> nn.Sequential:
    """Logits (n, 10) of rows (n, 784); the softmax is part of the loss."""
    return nn.Sequential(
        OrderedDict(
            hidden1=nn.Linear(28 * 28, 512),
            hidden1_relu=nn.ReLU(),
            output=nn.Linear(512, 10),
        )
    )


def dataset(x: np.ndarray, y: np.ndarray, targets: Tensor) -> Dataset:
    """What a `DataLoader` shuffles and batches: torchvision's MNIST over the digits in memory.

    `common.data` has read and verified the files, so only the reading is left out: each row still
    starts as a raw uint8 image (28, 28) and goes through torchvision's `__getitem__`, a PIL image
    and the transforms, to become float32 (784,) in 0..1. `targets` has what the loss takes for
    each of the ten labels.
    """
    # here, since it takes 160 MB, and a regime that draws its own batches does not need it
    from torchvision import transforms
    from torchvision.datasets import MNIST

    digits = MNIST.__new__(MNIST)
    super(MNIST, digits).__init__(  # MNIST's own __init__ looks for files
        root="",
        transform=transforms.Compose([transforms.ToTensor(), torch.flatten]),
        target_transform=targets.__getitem__,
    )
    digits.data = torch.from_numpy(np.rint(x * 255).astype(np.uint8).reshape(-1, 28, 28))
    digits.targets = torch.from_numpy(y)
    return digits
