"""Penalties, known by their gradients."""

from __future__ import annotations

import numpy as np

from benchmarks.twins.causes.penalties import Penalty, penalties_of, penalty_of

RNG = np.random.default_rng(0)


def test_the_gradient_of_a_penalty_is_known_by_its_weight():
    weight = RNG.normal(size=(4, 3))
    assert penalty_of(0.02 * weight, weight) == [Penalty("L2", 0.01)]
    assert penalty_of(-0.3 * np.sign(weight), weight) == [Penalty("L1", -0.3)]
    both = penalty_of(0.02 * weight + 0.3 * np.sign(weight), weight)
    assert both == [Penalty("L2", 0.01), Penalty("L1", 0.3)]
    assert penalty_of(RNG.normal(size=(4, 3)), weight) == []
    assert penalty_of(np.ones(1), np.ones(1)) == []  # one number is a multiple of any other
    weights = {"kernel": weight, "bias": np.array([0.7])}
    slopes = {name: 0.02 * value for name, value in weights.items()}
    assert penalties_of(slopes, weights) == {k: [Penalty("L2", 0.01)] for k in weights}
    other = penalties_of(slopes | {"bias": np.array([0.5])}, weights)
    assert other == {"kernel": [Penalty("L2", 0.01)], "bias": []}
