"""Weights that travel: a state and where it comes from, in one safetensors file.

The tensors have their canonical names and layouts (`common.task.State`). The file is a table of
names, shapes and offsets before plain numbers: reading it can run nothing. Nothing is made of a
stranger's file, of whatever format, that is much larger than the network it should hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from common.atomic import replaced
from common.data.dataset import DataError
from common.data.decode import TooLarge, npy, unzipped
from common.problem import Problem
from common.task import State

COPIES = 8  # of the weights: an optimiser's slots lie beside them, and they may be float64
REST = 1 << 20  # bytes of all that is no number: names, configuration
ADVICE = "convert the numbers to float32 first"


def write_weights(path: Path, state: State, origin: Mapping[str, str]) -> None:
    """Write a state whole or not at all: weights, float32, maybe running squares and `step`.

    `origin` goes into the file's metadata, whose values are text.
    """
    # safetensors takes an array's memory as it lies: a transposed one would be written scrambled
    tensors = {name: np.asarray(value, order="C") for name, value in state.items()}
    with replaced(path) as file:
        file.write(save(tensors, metadata=dict(origin)))


def read_weights(path: Path, problem: Problem) -> tuple[State, dict[str, str]]:
    """The state in a file, and its metadata; whether they fit a network, `set_state` checks.

    Raises DataError when the file is damaged, or much larger than the problem's network, or its
    numbers are not float32 (`step`: int64).
    """
    check_size(path, problem)
    try:
        with open(path, "rb") as start:
            header = int.from_bytes(start.read(8), "little")
        if header > REST:
            raise ValueError(f"its header has {header:,} bytes, expected at most {REST:,}")
        with safe_open(path, framework="numpy") as file:
            names = list(file.keys())
            kinds = {name: file.get_slice(name).get_dtype() for name in names}
            wrong = [name for name in names if kinds[name] != ("I64" if name == "step" else "F32")]
            state = {name: file.get_tensor(name) for name in names if not wrong}
            origin = dict(file.metadata() or {})
    except (SafetensorError, OSError, ValueError, TypeError) as error:
        raise DataError(
            f"{path} is not a whole safetensors file ({error}); write or fetch it again"
        ) from error
    for name in wrong:
        raise DataError(f"{path}: {name} holds {kinds[name]}; {ADVICE}")
    return state, origin


def check_size(path: Path, problem: Problem) -> int:
    """Raise DataError for a file much larger than the network; returns how large it may be."""
    weights = sum(4 * (layer.fan_in + 1) * layer.fan_out for layer in problem.layers)
    most, size = COPIES * weights + REST, path.stat().st_size
    if size > most:
        raise _too_large(f"{path} has {size:,} bytes, expected at most {most:,}", problem)
    return most


def most_bytes(path: Path, weights: int) -> int:
    """How many bytes a file with a model's so many weights may have, and what is made of it.

    Raises ValueError for a larger one, and for what is no file.
    """
    if not path.is_file():
        raise ValueError(f"{path} is no file")
    most, size = COPIES * 4 * weights + REST, path.stat().st_size
    if size > most:
        raise ValueError(
            f"{path} has {size:,} bytes, expected at most {most:,} for a model of {weights:,} "
            "weights"
        )
    return most


def npz_arrays(path: Path, most: int) -> dict[str, np.ndarray]:
    """The arrays in an `.npz` file; raises what `decode.unzipped` and `decode.npy` raise."""
    files = unzipped(path.read_bytes(), most)
    return {name.removesuffix(".npy"): npy(name, content) for name, content in files.items()}


def _too_large(what: str, problem: Problem) -> DataError:
    """The error that `what`, which says how many bytes there are, is worth."""
    widths = ",".join(map(str, problem.hidden))
    return DataError(
        f"{what} for {problem.name} with hidden layers of {widths} (--hidden names others)"
    )


def unpacked(path: Path, problem: Problem) -> dict[str, bytes]:
    """Every file in a zip archive, by name.

    Raises DataError when they would be much larger than the network, and what `decode.unzipped`
    raises for an archive of many files, of another packing, or a damaged one.
    """
    most = check_size(path, problem)
    try:
        return unzipped(path.read_bytes(), most)
    except TooLarge as error:
        raise _too_large(f"{path}: {error}", problem) from error


def check_float32(name: str, dtype: object) -> None:
    """ValueError for a tensor of other numbers: no file says how they are to be rounded."""
    if dtype != np.float32:
        raise ValueError(f"{name} holds {dtype}; {ADVICE}")
