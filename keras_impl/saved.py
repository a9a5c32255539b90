"""A `.keras` file of Dense layers, read without Keras: nothing in it is run or built.

Keras makes the network that the file asks for, of whatever size, before it looks at the weights.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from common.problem import Problem
from common.task import Weights
from common.weights import ADVICE, unpacked

LAST = {
    "categorical_crossentropy": "softmax",
    "binary_crossentropy": "sigmoid",
    "mean_squared_error": "linear",
}
"""The last activation by loss."""


def read_saved(path: Path, problem: Problem) -> Weights:
    """The weights in a file by their canonical names, float32.

    Raises ValueError for another network, and what the readers raise for a damaged file.
    """
    files = unpacked(path, problem)
    if not {"config.json", "model.weights.h5"} <= files.keys():
        raise ValueError(f"it holds {sorted(files)}, expected config.json and model.weights.h5")
    found = _layers(json.loads(files["config.json"]))
    expected = [f"{layer.fan_out} relu" for layer in problem.layers]
    # scores mean the same with the last activation and without it
    ends = [f"{problem.outputs} {name}" for name in (LAST[problem.loss], "linear")]
    if found[:-1] != expected[:-1] or found[-1] not in ends:
        expected[-1] = ends[0]
        raise ValueError(f"its layers are {found}, expected Dense layers {expected}")
    weights = {}
    with h5py.File(io.BytesIO(files["model.weights.h5"]), "r") as file:
        for i, layer in enumerate(problem.layers):
            folder = f"layers/dense{f'_{i}' if i else ''}/vars"
            shape = (layer.fan_in, layer.fan_out)
            weights[f"{layer.name}/kernel"] = _values(file, f"{folder}/0", shape)
            weights[f"{layer.name}/bias"] = _values(file, f"{folder}/1", shape[1:])
    return weights


def _layers(config: Any) -> list[str]:
    """Units and activation of each layer of a stack of Dense layers; the class of another one."""
    if config["class_name"] != "Sequential":
        return [config["class_name"]]
    return [
        f"{layer['config']['units']} {layer['config']['activation']}"
        if (layer["module"], layer["class_name"]) == ("keras.layers", "Dense")
        else layer["class_name"]
        for layer in config["config"]["layers"]
        if layer["class_name"] != "InputLayer"
    ]


def _values(file: h5py.File, name: str, shape: tuple[int, ...]) -> np.ndarray:
    """A dataset that lies in the file itself as plain float32 numbers; ValueError for another."""
    held = file
    for part in name.split("/"):
        if not isinstance(held.get(part, getlink=True), h5py.HardLink):
            raise ValueError(f"its weights have no {name} of their own")
        held = held[part]
    if held.shape != shape:
        raise ValueError(f"its weights have {name} of shape {held.shape}, expected {shape}")
    if held.dtype != np.float32:
        raise ValueError(f"its weights have {name} as {held.dtype}; {ADVICE}")
    # not in chunks, not in other files: neither is what Keras writes
    if held.chunks or held.external or held.is_virtual or held.id.get_storage_size() != held.nbytes:
        raise ValueError(f"its weights have {name} packed or elsewhere, expected plain numbers")
    return held[()]
