"""A `state_dict` in a file, read without PyTorch: nothing in it is run.

PyTorch's own reader takes a pickle's word for how much memory to make, and for how many bytes of a
stored tensor there are.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from common.problem import Problem
from common.task import Weights
from common.weights import check_float32, unpacked

MOST_PICKLE = 1 << 16  # bytes; the names, shapes and strides of a few layers
NUMBERS = {
    "Double": "<f8",
    "Float": "<f4",
    "Half": "<f2",
    "BFloat16": "<u2",
    "Long": "<i8",
    "Int": "<i4",
    "Short": "<i2",
    "Char": "i1",
    "Byte": "u1",
    "Bool": "?",
}
NESTED = ("state_dict", "model_state_dict", "model")  # where a checkpoint has them


class _Stored(NamedTuple):
    """A tensor as the pickle describes it; its numbers are in another file of the archive."""

    storage: tuple  # "storage", class, name of the file, device, numbers
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]


class _Table(dict):
    """An OrderedDict, of which each may be given attributes."""

    def __setstate__(self, state: Any) -> None:
        """Leave them out."""


# the one in Python: what C makes of a pickle can be far larger than the pickle
class _Reader(pickle._Unpickler):
    """Admits the names that a `state_dict` needs, and makes neither a tensor nor a storage."""

    def find_class(self, module: str, name: str) -> Any:
        if module == "torch" and name.endswith("Storage"):
            return name
        if (module, name) in _ADMITTED:
            return _ADMITTED[module, name]
        raise ValueError(f"it holds code ({module}.{name}) and not tensors alone")

    def persistent_load(self, pid: Any) -> Any:
        return pid


_ADMITTED = {
    ("collections", "OrderedDict"): _Table,
    ("torch._utils", "_rebuild_tensor_v2"): lambda *of, **_: _Stored(*of[:4]),
    ("torch._utils", "_rebuild_parameter"): lambda stored, *_: stored,
}


def read_saved(path: Path, problem: Problem) -> Weights:
    """The weights in a file by their canonical names, float32, kernels turned to (in, out).

    Raises ValueError for another network, and what `pickle` and `zipfile` raise for a damaged file.
    """
    arrays = saved_arrays(unpacked(path, problem), MOST_PICKLE)
    expected = {
        f"{layer.name}.{role}": shape
        for layer in problem.layers
        for role, shape in (
            ("weight", (layer.fan_out, layer.fan_in)),
            ("bias", (layer.fan_out,)),
        )
    }
    if sorted(arrays) != sorted(expected):
        raise ValueError(f"it holds {sorted(arrays)}, expected a state_dict of {[*expected]}")
    weights = {}
    for name, shape in expected.items():
        if arrays[name].shape != shape:
            raise ValueError(f"{name} is {arrays[name].shape}, expected {shape}")
        check_float32(name, arrays[name].dtype)
        role = name.replace(".weight", "/kernel").replace(".bias", "/bias")
        weights[role] = arrays[name].T.copy()
    return weights


def saved_arrays(files: Mapping[str, bytes], most: int) -> dict[str, np.ndarray]:
    """The arrays of a `state_dict`, or of a checkpoint with one, where they lie in the archive.

    bfloat16 becomes float32. The pickle may have `most` bytes. Raises ValueError for an archive of
    anything else, and what `pickle` raises for a damaged one.
    """
    (table,) = [name for name in files if name.endswith("/data.pkl")] or [""]
    root = table.removesuffix("data.pkl")
    if not table or len(files[table]) > most:
        raise ValueError("expected what torch.save makes of a state_dict since PyTorch 1.6")
    if files.get(f"{root}byteorder", b"little") != b"little":
        raise ValueError("its numbers are big-endian; save it on another machine")
    saved: Any = _Reader(io.BytesIO(files[table])).load()
    for name in NESTED:
        if isinstance(saved, dict) and isinstance(saved.get(name), dict):
            saved = saved[name]
    if not isinstance(saved, dict) or not all(isinstance(v, _Stored) for v in saved.values()):
        raise ValueError("it holds more than tensors: save model.state_dict()")
    return {str(name): _array(str(name), stored, files, root) for name, stored in saved.items()}


def _array(name: str, stored: _Stored, files: Mapping[str, bytes], root: str) -> np.ndarray:
    """One tensor, without a copy whatever its size; ValueError where the archive lacks a part."""
    kind, key = stored.storage[1].removesuffix("Storage"), stored.storage[2]
    if kind not in NUMBERS:
        raise ValueError(f"{name} holds {kind} numbers")
    numbers = np.frombuffer(files[f"{root}data/{key}"], NUMBERS[kind])
    if kind == "BFloat16":
        numbers = (numbers.astype(np.uint32) << 16).view(np.float32)
    if 0 in stored.size:
        return np.zeros(stored.size, numbers.dtype)
    last = sum(step * (n - 1) for step, n in zip(stored.stride, stored.size, strict=True))
    left = len(numbers) - stored.offset
    if min((stored.offset, *stored.stride, *stored.size)) < 0 or last >= left:
        raise ValueError(f"{name} lies outside of the {max(left, 0)} numbers that are stored")
    strides = [numbers.itemsize * step for step in stored.stride]
    return np.lib.stride_tricks.as_strided(numbers[stored.offset :], stored.size, strides)
