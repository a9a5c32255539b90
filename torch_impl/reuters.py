"""Reuters topics in PyTorch: 10,000 words -> 64 relu -> 64 relu -> 46 logits."""

from __future__ import annotations

from collections import OrderedDict

from torch import nn


def network() -> nn.Sequential:
    """Logits (n, 46) of rows (n, 10,000); the softmax is part of the loss."""
    return nn.Sequential(
        OrderedDict(
            hidden1=nn.Linear(10_000, 64),
            hidden1_relu=nn.ReLU(),
            hidden2=nn.Linear(64, 64),
            hidden2_relu=nn.ReLU(),
            output=nn.Linear(64, 46),
        )
    )
