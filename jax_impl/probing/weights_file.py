"""Weights in files as users of JAX keep them, read without running anything in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path as File
from typing import Any

import numpy as np

from common.weights import most_bytes, npz_arrays
from jax_impl.probing.places import Path, nested

WRAPPERS = ("params", "value", "model")
"""Names that a file may have around those of the model, and the model has not."""
SLOTS = "opt_state"  # where a TrainState has its optimiser's
SHOWN = 5  # faults in a message


def numbers_of(path: File, shapes: Mapping[Path, tuple[int, ...]]) -> dict[Path, np.ndarray]:
    """The arrays in a file by the model's own paths; what is no weight in it is passed over.

    Raises ValueError for a file of another kind, one that is damaged or much larger than the model,
    and for names and shapes that are not the model's.
    """
    if path.is_dir():
        raise ValueError(
            f"{path} is a folder, as Orbax writes one: write the arrays into one file, "
            "flax.serialization.to_bytes(nnx.to_pure_dict(nnx.state(model, nnx.Not(nnx.RngState))))"
            ", and call it .msgpack"
        )
    most = most_bytes(path, sum(int(np.prod(shape)) for shape in shapes.values()))
    if path.suffix not in READERS:
        raise ValueError(f"{path} ends in none of {', '.join(READERS)}")
    try:
        arrays = READERS[path.suffix](path, most)
        stored = {_parts(name): a for name, a in arrays.items() if not name.startswith(SLOTS)}
    except Exception as error:  # whatever a damaged file leads a reader to
        raise ValueError(f"{path} cannot be read ({error}); write it again") from error
    numbers, wrong = {}, []
    for own, shape in shapes.items():
        name = "/".join(map(str, own))
        value = stored.pop(_parts(name), None)
        if value is None:
            wrong.append(f"{name} is missing")
        elif value.shape != shape:
            wrong.append(f"{name} is {value.shape}, expected {shape}")
        elif not _is_real(value):
            wrong.append(f"{name} holds {value.dtype}")
        else:
            numbers[own] = value
    # counts of steps and keys of random numbers are no weights
    wrong += [f"the model has no {'/'.join(name)}" for name in stored if _is_real(stored[name])]
    if wrong:
        more = f"; and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
        raise ValueError(f"{path} does not fit the model: {'; '.join(wrong[:SHOWN])}{more}")
    return numbers


def write_numbers(path: File, arrays: Mapping[Path, np.ndarray]) -> None:
    """Write arrays by the model's own paths, as the file's suffix says."""
    WRITERS[path.suffix](path, arrays)


def _is_real(array: np.ndarray) -> bool:
    return array.dtype.kind == "f" or array.dtype.name == "bfloat16"


def _parts(name: str) -> tuple[str, ...]:
    """The parts of a name that the model has too, of "a/b/kernel" or "a.b.kernel"."""
    return tuple(part for part in name.replace(".", "/").split("/") if part not in WRAPPERS)


def _joined(arrays: Mapping[Path, np.ndarray], between: str) -> dict[str, np.ndarray]:
    # safetensors takes an array's memory as it lies
    return {between.join(map(str, p)): np.asarray(a, order="C") for p, a in arrays.items()}


def _read_safetensors(path: File, _: int) -> Mapping[str, np.ndarray]:
    from safetensors.numpy import load_file

    return load_file(path)


def _read_msgpack(path: File, _: int) -> Mapping[str, np.ndarray]:
    from flax.serialization import msgpack_restore

    return dict(_flat(msgpack_restore(path.read_bytes()), ()))


def _flat(tree: Any, above: tuple[str, ...]) -> Iterator[tuple[str, np.ndarray]]:
    if isinstance(tree, Mapping):
        for key, value in tree.items():
            yield from _flat(value, (*above, str(key)))
    else:
        yield "/".join(above), np.asarray(tree)


def _write_npz(path: File, arrays: Mapping[Path, np.ndarray]) -> None:
    np.savez(path, **_joined(arrays, "/"))  # type: ignore[arg-type]


def _write_safetensors(path: File, arrays: Mapping[Path, np.ndarray]) -> None:
    from safetensors.numpy import save_file

    save_file(_joined(arrays, "."), path)


def _write_msgpack(path: File, arrays: Mapping[Path, np.ndarray]) -> None:
    from flax.serialization import to_bytes

    path.write_bytes(to_bytes(nested(arrays)))


READERS = {".npz": npz_arrays, ".safetensors": _read_safetensors, ".msgpack": _read_msgpack}
WRITERS = {".npz": _write_npz, ".safetensors": _write_safetensors, ".msgpack": _write_msgpack}
