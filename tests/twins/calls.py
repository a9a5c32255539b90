"""What the tests of twins call in a framework's process."""

from __future__ import annotations

import numpy as np

from common.framework import framework
from common.regime import REGIMES
from common.twins.file import read_file
from common.twins.problem import Twins


def save_keras(path: str, weights: str) -> None:
    """The file's Keras model with fresh weights, into a file."""
    framework("keras").task_class("probe")(read_file(path).setup("keras", seed=7)).save(weights)


def outputs(name: str, path: str, weights: str) -> np.ndarray:
    """What a model gives with the weights in a file."""
    file = read_file(path)
    probe = framework(name).task_class("probe")(file.setup(name))
    probe.load(weights)
    return probe.outputs(file.rows(0)[0])["output"]


def trained(twins: Twins, name: str, regime: str) -> tuple[dict, dict, list[float], dict]:
    """A model before and after its training, canonical, the losses of it and the test metrics."""
    task = framework(name).make_task(twins, regime=REGIMES[regime])
    data = twins.own_data("auto", None)
    before = task.get_state() if regime == "matched" else {}
    order = task.order(len(data.y))
    losses = task.fit(data.x, data.y, epochs=twins.epochs, order=order)["loss"]
    after = task.get_state() if regime == "matched" else {}
    return before, after, losses, task.evaluate(data.x_test, data.y_test)
