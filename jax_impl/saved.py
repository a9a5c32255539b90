"""A file of weights as a user of JAX keeps them, read without JAX: nothing in it is run."""

from __future__ import annotations

from pathlib import Path

from common.data.decode import npy
from common.problem import Problem
from common.task import Weights
from common.weights import check_float32, unpacked


def read_saved(path: Path, problem: Problem) -> Weights:
    """The weights in an `.npz` file by their canonical names, float32; their shapes are not looked
    at. Raises ValueError, or what `zipfile` raises for a damaged file."""
    weights = {}
    for name, content in unpacked(path, problem).items():
        value = npy(name, content)
        check_float32(name, value.dtype)
        weights[name.removesuffix(".npy")] = value
    return weights
