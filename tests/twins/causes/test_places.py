"""A normalisation that stands elsewhere."""

from __future__ import annotations

import numpy as np

from benchmarks.twins.causes import between, places
from tests.twins.causes.functions import X, relu
from tests.twins.causes.layers import NORM, layer_norm
from tests.twins.causes.layers import X as SMALL
from tests.twins.scenes import event, scene, unit


def test_what_stands_elsewhere_is_not_missing():
    gamma = np.linspace(1, 2, 8)
    norm = unit(
        "n",
        "batch_norm",
        {"gamma": gamma, "beta": gamma - 2, "moving_mean": gamma / 9, "moving_variance": gamma},
        epsilon=1e-3,
    )

    def normed(x):
        return (x - gamma / 9) / np.sqrt(gamma + 1e-3) * gamma + gamma - 2

    mine, theirs = relu(normed(X)), normed(relu(X))
    flows = [
        [
            event("a", "Dense", X, X),
            event("n", "BN", X, normed(X)),
            event("r", "ReLU", normed(X), mine),
        ],
        [
            event("a", "Dense", X, X),
            event("r", "ReLU", X, relu(X)),
            event("n", "BN", relu(X), theirs),
        ],
    ]
    flows = [
        [*flow, event("b", "Dense", flow[-1].outputs[0], flow[-1].outputs[0])] for flow in flows
    ]
    dense = [unit(name, "dense", {"kernel": np.eye(n)}) for n, name in enumerate("ab", 2)]
    units = [[dense[0], norm, dense[1]]] * 2
    given = scene(*flows, [X], units=units, replay=lambda layer, inputs: (normed(inputs[0]),))
    assert [cause.entry for cause in between.find(given)] == []
    (cause,) = places.find(given)
    assert cause.entry == "normalisation_place" and cause.proved


def test_a_normalisation_that_runs_behind_another_layer_is_only_suspected():
    made, dense = unit("n", "layer_norm", NORM), unit("f", "dense", {"kernel": np.eye(6)})
    y, z = layer_norm(SMALL), layer_norm(3 * SMALL + 1)
    flows = [
        [event("n", "N", SMALL, y), event("f", "D", y, y * 3)],
        [event("f", "D", SMALL, SMALL * 3), event("n", "N", SMALL * 3 + 1, z)],
    ]
    (cause,) = places.find(scene(*flows, [SMALL], units=[[made, dense], [dense, made]]))
    assert cause.entry == "normalisation_place" and not cause.proved
