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
    files = unpacked(path, problem)
    (table,) = [name for name in files if name.endswith("/data.pkl")] or [""]
    root = table.removesuffix("data.pkl")
    if not table or len(files[table]) > MOST_PICKLE:
        raise ValueError("expected what torch.save makes of a state_dict since PyTorch 1.6")
    if files.get(f"{root}byteorder", b"little") != b"little":
        raise ValueError("its numbers are big-endian; save it on another machine")
    saved = _Reader(io.BytesIO(files[table])).load()
    expected = {
        f"{layer.name}.{role}": shape
        for layer in problem.layers
        for role, shape in (
            ("weight", (layer.fan_out, layer.fan_in)),
            ("bias", (layer.fan_out,)),
        )
    }
    names = sorted(map(str, saved)) if isinstance(saved, dict) else type(saved).__name__
    if names != sorted(expected):
        raise ValueError(f"it holds {names}, expected a state_dict of {[*expected]}")
    return {
        name.replace(".weight", "/kernel").replace(".bias", "/bias"): _values(
            name, saved[name], shape, files, root
        ).T.copy()
        for name, shape in expected.items()
    }


def _values(
    name: str, stored: Any, shape: tuple[int, ...], files: Mapping[str, bytes], root: str
) -> np.ndarray:
    """The numbers of one tensor where they lie in the archive; ValueError when it has not them."""
    if not isinstance(stored, _Stored) or stored.size != shape:
        size = getattr(stored, "size", type(stored).__name__)
        raise ValueError(f"{name} is {size}, expected {shape}")
    _, kind, key, *_ = stored.storage
    check_float32(name, np.dtype("f4") if kind == "FloatStorage" else kind.removesuffix("Storage"))
    numbers = np.frombuffer(files[f"{root}data/{key}"], "<f4")[stored.offset :]
    stride = stored.stride
    last = sum(step * (n - 1) for step, n in zip(stride, shape, strict=True))
    if min(stored.offset, *stride) < 0 or last >= len(numbers):
        raise ValueError(f"{name} lies outside of the {len(numbers)} numbers that are stored")
    return np.lib.stride_tricks.as_strided(numbers, shape, [4 * step for step in stride])
