"""Small PyTorch models for the tests of a probe."""

from __future__ import annotations

import numpy as np

FILE = """\
{more}
def torch_model():
    import torch
    import torch.nn.functional as F
    from torch import nn
{model}
"""
NET = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        {init}
    def forward(self, {args}):
        {forward}
return Net()
"""


def net(init: str, forward: str, args: str = "x") -> str:
    """A model of a class of its own; lines are parted by semicolons."""
    lines = [part.replace("; ", "\n        ") for part in (init, forward)]
    return NET.format(init=lines[0], forward=lines[1], args=args)


def rows(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)
