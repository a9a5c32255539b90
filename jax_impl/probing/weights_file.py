"""Weights in files as users of JAX keep them, read without running anything in them."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path as File
from typing import Any

import numpy as np

from common.weights import COPIES, REST
from jax_impl.probing.places import Path

WRAPPERS = ("params", "value", "model")
"""Names that a file may have around those of the model, and the model has not."""


def numbers_of(path: File, shapes: Mapping[Path, tuple[int, ...]]) -> dict[Path, np.ndarray]:
    """The arrays in a file by the model's own paths.

    Raises ValueError for a file of another kind, one that is damaged or much larger than the model,
    and for names and shapes that are not the model's.
    """
    most = COPIES * 4 * sum(int(np.prod(shape)) for shape in shapes.values()) + REST
    if not path.is_file():
        raise ValueError(f"{path} is no file")
    if path.stat().st_size > most:
        raise ValueError(
            f"{path} has {path.stat().st_size:,} bytes, and the model's weights with an "
            f"optimiser's state at most {most:,}: it belongs to another model"
        )
    reader = READERS.get(path.suffix)
    if reader is None:
        raise ValueError(f"{path} ends in none of {', '.join(READERS)}")
    try:
        stored = {_parts(name): value for name, value in reader(path, most).items()}
    except Exception as error:  # whatever a damaged file leads a reader to
        raise ValueError(f"{path} cannot be read ({error}); write it again") from error
    found, wrong = {}, []
    for own, shape in shapes.items():
        value = stored.pop(_parts("/".join(map(str, own))), None)
        if value is None:
            wrong.append(f"{'/'.join(map(str, own))} is missing")
        elif value.shape != shape:
            wrong.append(f"{'/'.join(map(str, own))} is {value.shape}, expected {shape}")
        else:
            found[own] = value
    wrong += [f"the model has no {'/'.join(name)}" for name in stored]
    if wrong:
        raise ValueError(f"{path} does not fit the model: {'; '.join(wrong)}")
    return found


def _parts(name: str) -> tuple[str, ...]:
    """The parts of a name that the model has too, of "a/b/kernel" or "a.b.kernel"."""
    return tuple(part for part in name.replace(".", "/").split("/") if part not in WRAPPERS)


def _npz(path: File, most: int) -> Mapping[str, np.ndarray]:
    with zipfile.ZipFile(path) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > most:
            raise ValueError("unpacked it would be much larger than the model")
    with np.load(path, allow_pickle=False) as arrays:
        return dict(arrays)


def _safetensors(path: File, _: int) -> Mapping[str, np.ndarray]:
    from safetensors.numpy import load_file

    return load_file(path)


def _msgpack(path: File, _: int) -> Mapping[str, np.ndarray]:
    from flax.serialization import msgpack_restore

    return dict(_flat(msgpack_restore(path.read_bytes()), ()))


def _flat(tree: Any, above: tuple[str, ...]) -> Iterator[tuple[str, np.ndarray]]:
    if isinstance(tree, Mapping):
        for key, value in tree.items():
            yield from _flat(value, (*above, str(key)))
    else:
        yield "/".join(above), np.asarray(tree)


READERS = {".npz": _npz, ".safetensors": _safetensors, ".msgpack": _msgpack}
