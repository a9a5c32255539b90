"""A file of weights into a user's model, by the names of its own `state_dict`; no code is run."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from common.data.decode import unzipped
from common.weights import REST, most_bytes, npz_arrays
from torch_impl.saved import saved_arrays

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
        return saved_arrays(unzipped(path.read_bytes(), most), REST)
    raise ValueError("expected .pt, .pth, .safetensors or .npz")


def _plain(tensor: torch.Tensor) -> np.ndarray:
    return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()
