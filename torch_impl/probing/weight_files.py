"""A file of weights into a user's model, by the names of its own `state_dict`; no code is run."""

from __future__ import annotations

import io
import pickle
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from common.data.decode import unzipped
from common.weights import REST, most_bytes, npz_arrays
from torch_impl.saved import _Reader, _Stored

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
SHOWN = 5  # names in a message


def load_weights(model: nn.Module, path: str | Path) -> None:
    """Take over all weights and buffers of a .pt or .pth (a `state_dict`, or a checkpoint with
    one), .safetensors or .npz file.

    Raises ValueError with the path, and the names that are missing or not the model's, for a file
    that does not fit, is damaged or holds code.
    """
    path = Path(path)
    own = model.state_dict()
    most = most_bytes(path, sum(t.numel() for t in own.values()))
    try:
        values = _read(path, most)
    except (OSError, ValueError, pickle.UnpicklingError, zipfile.BadZipFile, EOFError) as error:
        raise ValueError(f"{path} cannot be read as weights of torch_model: {error}") from error
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} cannot be read as weights of torch_model: damaged") from error
    if values and all(name.startswith("module.") for name in values):  # of DataParallel
        values = {name.removeprefix("module."): value for name, value in values.items()}
    missing = [n for n in own if n not in values and not n.endswith("num_batches_tracked")]
    extra = [name for name in values if name not in own]
    wrong = [
        f"{name} {value.shape} where the model has {tuple(own[name].shape)}"
        for name, value in values.items()
        if name in own and value.shape != tuple(own[name].shape)
    ]
    kinds = {"it lacks": missing, "not in the model:": extra, "of another shape:": wrong}
    faults = [f"{what} {_listed(names)}" for what, names in kinds.items() if names]
    if faults:
        raise ValueError(f"{path} does not fit torch_model: {'; '.join(faults)}")
    with torch.no_grad():
        for name, value in values.items():
            own[name].copy_(torch.from_numpy(np.array(value)))


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _read(path: Path, most: int) -> dict[str, np.ndarray]:
    if path.suffix == ".npz":
        return npz_arrays(path, most)
    if path.suffix == ".safetensors":
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            return {name: _plain(tensor) for name, tensor in load_file(path).items()}
        except SafetensorError as error:
            raise ValueError(str(error)) from error
    if path.suffix in (".pt", ".pth", ".bin"):
        return _saved(unzipped(path.read_bytes(), most))
    raise ValueError("expected .pt, .pth, .safetensors or .npz")


def _plain(tensor: torch.Tensor) -> np.ndarray:
    return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()


def _saved(files: Mapping[str, bytes]) -> dict[str, np.ndarray]:
    """The arrays in what `torch.save` made."""
    (table,) = [name for name in files if name.endswith("/data.pkl")] or [""]
    root = table.removesuffix("data.pkl")
    if not table or len(files[table]) > REST:
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
    _, kind, key, *_ = stored.storage
    dtype = NUMBERS.get(kind.removesuffix("Storage"))
    if dtype is None:
        raise ValueError(f"{name} holds {kind.removesuffix('Storage')} numbers")
    numbers = np.frombuffer(files[f"{root}data/{key}"], dtype)[stored.offset :]
    last = sum(step * (n - 1) for step, n in zip(stored.stride, stored.size, strict=True))
    if min((stored.offset, *stored.stride, *stored.size)) < 0 or last >= len(numbers) > 0:
        raise ValueError(f"{name} lies outside of the {len(numbers)} numbers that are stored")
    if 0 in stored.size:
        return np.zeros(stored.size, np.float32)
    strides = [numbers.itemsize * step for step in stored.stride]
    array = np.lib.stride_tricks.as_strided(numbers, stored.size, strides)
    if kind.startswith("BFloat16"):
        array = (array.astype(np.uint32) << 16).view(np.float32)
    return array
