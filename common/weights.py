"""Weights that travel: a state and where it comes from, in one safetensors file.

The tensors have their canonical names and layouts (`common.task.State`). The file is a table of
names, shapes and offsets before plain numbers: reading it can run nothing. Nothing is made of a
stranger's file, of whatever format, that is much larger than the network it should hold.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from common.atomic import replaced
from common.data.dataset import DataError
from common.problem import Problem
from common.task import State

COPIES = 8  # of the weights: an optimiser's slots lie beside them, and they may be float64
REST = 1 << 20  # bytes of all that is no number: names, configuration
ENTRIES = 1000  # of an archive
DIRECTORY = b"PK\x01\x02"  # each entry of an archive's directory begins so
PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # of others `zipfile` unpacks all at once
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
            held = {name: file.get_slice(name).get_dtype() for name in names}
            wrong = [name for name in names if held[name] != ("I64" if name == "step" else "F32")]
            state = {name: file.get_tensor(name) for name in names if not wrong}
            origin = dict(file.metadata() or {})
    except (SafetensorError, OSError, ValueError, TypeError) as error:
        raise DataError(
            f"{path} is not a whole safetensors file ({error}); write or fetch it again"
        ) from error
    for name in wrong:
        raise DataError(f"{path}: {name} holds {held[name]}; {ADVICE}")
    return state, origin


def check_size(path: Path, problem: Problem) -> int:
    """Raise DataError for a file much larger than the network; returns how large it may be."""
    weights = sum(4 * (layer.fan_in + 1) * layer.fan_out for layer in problem.layers)
    most, size = COPIES * weights + REST, path.stat().st_size
    if size > most:
        raise too_large(f"{path} has {size:,} bytes", problem, most)
    return most


def too_large(what: str, problem: Problem, most: int) -> DataError:
    """The error that `what`, which says how many bytes there are, is worth."""
    widths = ",".join(map(str, problem.hidden))
    return DataError(
        f"{what}, expected at most {most:,} for {problem.name} with hidden layers of {widths} "
        "(--hidden names others)"
    )


def unpacked(path: Path, problem: Problem) -> dict[str, bytes]:
    """Every file in a zip archive, by name.

    Raises DataError when they would be much larger than the network, ValueError when they are many
    or packed in another way, and what `zipfile` raises for a damaged archive.
    """
    most = check_size(path, problem)
    # before `zipfile` makes an object of each; what is no entry and looks like one is rare
    if path.read_bytes().count(DIRECTORY) > ENTRIES:
        raise ValueError(f"it holds more than {ENTRIES} files")
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        size = sum(entry.file_size for entry in entries)
        if size > most:
            raise too_large(f"{path} would unpack to {size:,} bytes", problem, most)
        if any(entry.compress_type not in PLAIN for entry in entries):
            raise ValueError("it is packed by another method than deflate")
        held = {}
        for entry in entries:
            with archive.open(entry) as file:
                # the directory may lie: no more is unpacked than it says; CRC is checked at the end
                held[entry.filename] = file.read(entry.file_size + 1)
    return held
