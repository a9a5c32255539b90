"""Boston housing prices in PyTorch: 13 features -> 64 relu -> 64 relu -> 1."""

from __future__ import annotations

from collections import OrderedDict

from torch import nn


def network() -> nn.Sequential:
    """Prices (n, 1) in thousands of dollars of rows (n, 13)."""
    return nn.Sequential(
        OrderedDict(
            hidden1=nn.Linear(13, 64),
            hidden1_relu=nn.ReLU(),
            hidden2=nn.Linear(64, 64),
            hidden2_relu=nn.ReLU(),
            output=nn.Linear(64, 1),
        )
    )
