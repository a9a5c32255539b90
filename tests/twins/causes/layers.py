"""One layer in both models, with a setting that differs: its rows, its weights, what it gives."""

from __future__ import annotations

import numpy as np

from tests.twins.scenes import event, scene, unit

rng = np.random.default_rng(1)
X = rng.normal(size=(5, 6, 6)) * 0.05
IMAGE = rng.normal(size=(3, 6, 6, 2))
STEPS = rng.normal(size=(4, 5, 3))
GAMMA, BETA = rng.uniform(0.5, 1.5, 6), rng.normal(size=6)


def twice(kind, name, made, x, y, theirs, settings, *, x2=None, kinds=("K", "T"), both=None):
    """One layer in both models, and one behind it."""
    units, flows = [], []
    pairs = ((x, y, settings[0]), (x if x2 is None else x2, theirs, settings[1]))
    for n, (given, out, own) in enumerate(pairs):
        weights_of = made if both is None or n == 0 else both
        units.append(
            [unit(name, kind, weights_of, **own), unit("out", "dense", {"kernel": np.eye(9)})]
        )
        first = out if isinstance(out, np.ndarray) else out[0]
        flow = [event(name, kinds[n], given, out, **own), event("out", "Dense", first, first + n)]
        flows.append(flow)
    return scene(*flows, [x if isinstance(x, np.ndarray) else x[0]], units=units)


def layer_norm(x, epsilon=1e-5, axis=-1, ddof=0):
    deviation = np.sqrt(x.var(axis, keepdims=True, ddof=ddof) + epsilon)
    shape = [6 if i == axis % x.ndim else 1 for i in range(x.ndim)]
    y = (x - x.mean(axis, keepdims=True)) / deviation
    return y * GAMMA.reshape(shape) + BETA.reshape(shape)


NORM = {"gamma": GAMMA, "beta": BETA}
