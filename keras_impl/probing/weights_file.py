"""Weights of a user's model out of a file of Keras's, without running or building what is in it."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Any

import h5py
import keras

from common.data.dataset import DataError
from common.data.decode import TooLarge, unzipped
from common.weights import most_bytes


def load(model: keras.Model, path: Path) -> None:
    """Give a built model the weights in a .keras, .h5 or .weights.h5 file.

    Raises ValueError for a file that does not fit, naming what, that is much larger than the
    model, or whose numbers lie elsewhere.
    """
    most = most_bytes(path, model.count_params())
    try:
        content = path.read_bytes()
        suffix = ".weights.h5" if path.name.endswith(".weights.h5") else path.suffix
        if suffix == ".keras":
            content, suffix = unzipped(content, most)["model.weights.h5"], ".weights.h5"
        elif suffix not in (".weights.h5", ".h5", ".hdf5"):
            raise ValueError("expected a file .keras, .h5, .weights.h5 or .npz")
        _check(content)
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / f"model{suffix}"  # what was checked is what is read
            copy.write_bytes(content)
            model.load_weights(copy)
    except (ValueError, KeyError, OSError, TooLarge, DataError) as error:
        text = " ".join(str(error).split())
        raise ValueError(f"{path} does not fit {model.name!r}: {text}") from error


def _check(content: bytes) -> None:
    """Raise ValueError for a file that links to others, or keeps its numbers in them."""
    with h5py.File(io.BytesIO(content), "r") as file:
        _check_group(file)


def _check_group(group: Any) -> None:
    for name in group:
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise ValueError(f"it has no {name} of its own")
        item = group[name]
        if isinstance(item, h5py.Group):
            _check_group(item)
        elif item.external or item.is_virtual:
            raise ValueError(f"its {item.name} lies in another file")
