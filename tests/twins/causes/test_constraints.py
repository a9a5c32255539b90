"""A tensor that is treated apart from what the rule does to the others."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.twins.causes.constraints import apart
from benchmarks.twins.causes.fitting import fit, fixed
from tests.twins.causes.steps import ADAM, RMSPROP, SHAPES, STEPS, walked


def cut(limit):
    def behind(name, weight):
        if name != "h/kernel":
            return weight
        return weight * np.minimum(1, limit / np.linalg.norm(weight, axis=0, keepdims=True))

    return behind


@pytest.mark.parametrize("what", ["max_norm", "still", "rate"])
def test_a_tensor_that_is_treated_apart_is_named(what):
    rates = (1e-2,) * STEPS
    behind = cut(0.5) if what == "max_norm" else lambda _, weight: weight
    walk = walked(
        RMSPROP,
        rates,
        behind=behind,
        only=set(SHAPES) - ({"h/kernel"} if what == "still" else set()),
    )
    if what == "rate":
        part, weights = walk.part(walk.names.index("h/kernel")), walk.weights.copy()
        weights[:, part] = weights[:1, part] + 3 * (weights[:, part] - weights[:1, part])
        walk = walk._replace(weights=weights)
    (found,) = apart(walk, fit(RMSPROP, walk, fixed(rates)))
    assert (found.tensor, found.what) == ("h/kernel", what) and found.after < 1e-6 < found.before
    expected = {"max_norm": 0.5, "still": 0.0, "rate": 3.0}[what]
    assert found.value == pytest.approx(expected) and found.axes == (
        (0,) if expected == 0.5 else ()
    )


def test_no_tensor_is_apart_where_the_rule_moves_few():
    walk = walked(ADAM, (1e-2,) * STEPS)
    assert not list(apart(walk, fit(RMSPROP, walk, fixed((1e-2,) * STEPS))))
