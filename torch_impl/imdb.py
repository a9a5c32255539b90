"""IMDB sentiment in PyTorch: 10,000 words -> 16 relu -> 16 relu -> 1 logit."""

from __future__ import annotations

from collections import OrderedDict

from torch import nn


def network() -> nn.Sequential:
    """Logits (n, 1) of rows (n, 10,000); the sigmoid is part of the loss."""
    return nn.Sequential(
        OrderedDict(
            hidden1=nn.Linear(10_000, 16),
            hidden1_relu=nn.ReLU(),
            hidden2=nn.Linear(16, 16),
            hidden2_relu=nn.ReLU(),
            output=nn.Linear(16, 1),
        )
    )
