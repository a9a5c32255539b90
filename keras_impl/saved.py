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
from common.weights import check_float32, unpacked

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
    layers = _layers(json.loads(files["config.json"]))
    expected = [f"{layer.fan_out} relu" for layer in problem.layers]
    # scores mean the same with the last activation and without it
    ends = [f"{problem.outputs} {name}" for name in (LAST[problem.loss], "linear")]
    if layers[:-1] != expected[:-1] or layers[-1] not in ends:
        expected[-1] = ends[0]
        raise ValueError(f"its layers are {layers}, expected Dense layers {expected}")
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
    numbers = file
    for part in name.split("/"):
        if not isinstance(numbers.get(part, getlink=True), h5py.HardLink):
            raise ValueError(f"its weights have no {name} of their own")
        numbers = numbers[part]
    if numbers.shape != shape:
        raise ValueError(f"its weights have {name} of shape {numbers.shape}, expected {shape}")
    check_float32(name, numbers.dtype)
    # not in chunks, not in other files: neither is what Keras writes
    stored = numbers.id.get_storage_size()
    if numbers.chunks or numbers.external or numbers.is_virtual or stored != numbers.nbytes:
        raise ValueError(f"its weights have {name} packed or elsewhere, expected plain numbers")
    return numbers[()]
