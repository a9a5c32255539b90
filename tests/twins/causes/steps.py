"""Steps of an optimiser on made-up gradients, and what differs between two of them."""

from __future__ import annotations

import numpy as np

from benchmarks.twins.causes.comparing import differences, known
from benchmarks.twins.causes.rules import moves, walk_of
from common.twins.rule import BEFORE, INSIDE, Rule

SHAPES = {"h/kernel": (6, 5), "h/bias": (5,), "out/kernel": (5, 1), "out/bias": (1,)}
STEPS = 5


def walked(rule, rates, *, behind=lambda name, weight: weight, size=1.0, only=SHAPES):
    """A walk of a rule on gradients that change at every step, and a little with the weights."""
    rng = np.random.default_rng(0)
    weights = [{name: rng.normal(size=shape) for name, shape in SHAPES.items()}]
    slopes: list[dict] = []
    for number in range(len(rates)):
        noise = {name: size * rng.normal(size=shape) for name, shape in SHAPES.items()}
        slopes.append({n: noise[n] + 0.1 * size * np.tanh(weights[-1][n]) for n in SHAPES})
        walk = walk_of([*weights, weights[-1]], slopes, 1000)
        step = moves(rule, walk, rates[: number + 1])[-1]
        after = {}
        for i, name in enumerate(walk.names):
            moved = weights[-1][name] + step[walk.part(i)].reshape(SHAPES[name])
            after[name] = behind(name, moved) if name in only else weights[-1][name]
        weights.append(after)
    return walk_of(weights, slopes, 1000)


def compared(one, other, rates=(1e-2,) * STEPS, other_rates=None, both=(None, None), size=1.0):
    """The fields of each difference that is found between two rules, and whether it is sure."""
    first = known(walked(one, rates, size=size), both[0])
    found = differences(first, walked(other, other_rates or rates, size=size), *both[::-1])
    return {d.fields: d.sure for d in found}


ADAM = Rule("Adam", epsilon=1e-8)
KERAS_ADAM = Rule("Adam", place=BEFORE)
RMSPROP = Rule("RMSprop", place=INSIDE)
