"""What the tests of the judge call in a framework's process."""

from __future__ import annotations

import numpy as np

from common.framework import framework
from common.twins.file import read_file


def save_keras(path: str, weights: str) -> None:
    """The file's Keras model with fresh weights, into a file."""
    framework("keras").task_class("probe")(read_file(path).setup("keras", seed=7)).save(weights)


def outputs(name: str, path: str, weights: str) -> np.ndarray:
    """What a model gives with the weights in a file."""
    file = read_file(path)
    probe = framework(name).task_class("probe")(file.setup(name))
    probe.load(weights)
    return probe.outputs(file.rows(0)[0])["output"]
