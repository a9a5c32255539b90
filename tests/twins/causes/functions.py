"""A function in each model between two layers, its rows and its result."""

from __future__ import annotations

import math

import numpy as np

from tests.twins.scenes import event, scene, unit

rng = np.random.default_rng(0)
X = rng.normal(size=(6, 8)) * 4
IMAGE = rng.normal(size=(4, 5, 5, 3))
STEPS = rng.normal(size=(5, 6, 4))
BLOCKS = rng.normal(size=(4, 3, 3, 8))
PROBABLE = rng.uniform(0.1, 0.9, size=(6, 4))
erf = np.vectorize(math.erf)


def softmax(x, axis):
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def relu(x):
    return np.maximum(x, 0)


def parting(x, mine, theirs, *, whole=True):
    """A dense layer before, a function in each model, and a layer behind that gets its result."""
    before = [unit("a", "dense", {"kernel": np.eye(2)}) for _ in range(2)]
    behind = [unit("b", "dense", {"kernel": np.eye(3)}) for _ in range(2)]
    settings = {"pool_size": (3, 3), "strides": (2, 2)}
    flows = []
    for n, (y, name) in enumerate(((mine, "f"), (theirs, "g"))):
        flow = [event("a", "Dense", x, x)]
        if y is not x:
            flow.append(event(name, name, x, y, **settings))
        flows.append([*flow, event("b", "Dense", y, y * 1.5 + n)])
    units = ([before[0], behind[0]], [before[1], behind[1]])
    return scene(*flows, [x], units=units)
