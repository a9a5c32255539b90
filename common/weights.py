"""Weights that travel: a state and where it comes from, in one safetensors file.

The tensors have their canonical names and layouts (`common.task.State`). The file is a table of
names, shapes and offsets before plain numbers: reading it can run nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from common.atomic import replaced
from common.data.dataset import DataError
from common.task import State


def write_weights(path: Path, state: State, origin: Mapping[str, str]) -> None:
    """Write a state whole or not at all: weights, float32, maybe running squares and `step`.

    `origin` goes into the file's metadata, whose values are text.
    """
    # safetensors takes an array's memory as it lies: a transposed one would be written scrambled
    tensors = {name: np.asarray(value, order="C") for name, value in state.items()}
    with replaced(path) as file:
        file.write(save(tensors, metadata=dict(origin)))


def read_weights(path: Path) -> tuple[State, dict[str, str]]:
    """The state in a file, and its metadata; whether they fit a network, `set_state` checks.

    Raises DataError when the file is damaged or its numbers are not float32 (`step`: int64).
    """
    try:
        with safe_open(path, framework="numpy") as file:
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            origin = dict(file.metadata() or {})
    except (SafetensorError, OSError, ValueError, TypeError) as error:
        raise DataError(
            f"{path} is not a whole safetensors file ({error}); write or fetch it again"
        ) from error
    for name, value in state.items():
        expected = np.int64 if name == "step" else np.float32
        if value.dtype != expected:
            raise DataError(
                f"{path}: {name} holds {value.dtype}, expected {np.dtype(expected)}; "
                "convert the numbers before they are written"
            )
    return state, origin
