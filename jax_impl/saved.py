"""A file of weights as a user of JAX keeps them, read without JAX: nothing in it is run."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from common.problem import Problem
from common.task import Weights
from common.weights import ADVICE, unpacked


def read_saved(path: Path, problem: Problem) -> Weights:
    """The weights in an `.npz` file by their canonical names, float32; their shapes are not looked
    at. Raises ValueError, or what `zipfile` raises for a damaged file."""
    weights = {}
    for name, content in unpacked(path, problem).items():
        value = np.load(io.BytesIO(content), allow_pickle=False)
        if value.dtype != np.float32:
            raise ValueError(f"{name} holds {value.dtype}; {ADVICE}")
        weights[name.removesuffix(".npy")] = value
    return weights
