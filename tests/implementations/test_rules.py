"""Any rule of an optimiser, in each framework as in NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.twins.causes.rules import moves, walk_of
from common.twins.rule import BEFORE, INSIDE, Rule

RULED = [
    Rule("SGD", momentum=0.9, nesterov=True, dampening=0.0, decay=0.1, coupled=True),
    Rule("SGD", momentum=0.9, dampening=0.5, rate_in_buffer=True, clip="value", limit=0.5),
    Rule("RMSprop", centered=True, momentum=0.5, place=INSIDE, clip="norm", limit=0.5),
    Rule("Adam", amsgrad=True, decay=0.1, kernels_only=True, clip="global norm", limit=0.5),
    Rule("Adam", place=BEFORE, epsilon=1e-3, decay=0.1, coupled=True),
    Rule("Adagrad", initial=0.1, epsilon=1e-3),
]


@pytest.mark.parametrize("name", ["keras", "torch", "jax"])
@pytest.mark.parametrize("rule", RULED, ids=lambda rule: rule.family)
def test_a_framework_steps_by_any_rule_as_numpy_does(process_of, name, rule):
    rng = np.random.default_rng(0)
    shapes = {"w": (4, 3), "b": (3,)}
    slopes = [{k: rng.normal(size=shape) for k, shape in shapes.items()} for _ in range(4)]
    weights = [{k: np.ones(shape) for k, shape in shapes.items()}]
    for number in range(1, 5):
        walk = walk_of([*weights, weights[-1]], slopes[:number], 100)
        flat = moves(rule, walk, [0.01] * number)[-1]
        parts = np.split(flat, walk.starts[1:])
        named = zip(walk.names, walk.shapes, parts, strict=True)
        steps = {k: part.reshape(shape) for k, shape, part in named}
        weights.append({k: weights[-1][k] + steps[k] for k in shapes})
    given = [[g[k].astype(np.float32) for k in shapes] for g in slopes]
    start = [np.ones(shape, np.float32) for shape in shapes.values()]
    ended = process_of(name).call(f"tests.implementations.ruled:in_{name}", rule, start, given)
    for value, wanted in zip(ended, weights[-1].values(), strict=True):
        assert np.allclose(value, wanted, rtol=1e-4, atol=1e-5)
