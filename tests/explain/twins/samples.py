"""Two trainings of a user's by hand: units, optimisers, draws, and the walk between them."""

from __future__ import annotations

import numpy as np

from benchmarks.explain.twins.optimizers import Optimizer
from benchmarks.explain.twins.sides import Sides
from benchmarks.explain.twins.switch import Found
from benchmarks.explain.twins.walk import found_of, twin_walk
from benchmarks.twins.match import match
from common.twins.probe import Unit
from common.twins.problem import Twins
from common.twins.rule import BEFORE, Rule
from common.twins.turns import Turns

NAMES = ("keras", "torch")
ADAM = Optimizer(Rule("Adam", epsilon=1e-7, place=BEFORE, decay=0.01), 1e-3)
TWINS = Twins(
    "twins:mine",
    "Twins of mine",
    features=4,
    outputs=3,
    hidden=(),
    loss="categorical_crossentropy",
    epochs=1,
    batch_size=32,
    learning_rate=1e-3,
    output_shapes=((3,),),
)


def norm(name, **settings):
    return Unit(name, "batch_norm", {"gamma": (4,), "beta": (4,)}, layer=name, settings=settings)


def paired(one, other):
    return match([one], [other], {}, {}).pairs


def turned(found, number=0, start=None):
    """What all switches together make of a model that has nothing of the other's."""
    turns = start or Turns()
    for switch in found.switches:
        turns = switch.turns[number](turns)
    return turns


def draws(draw, first=0):
    seeds = range(first, first + 5)
    return [draw(np.random.default_rng(seed)).astype(np.float32) for seed in seeds]


def dense(draw, bias, first=0):
    kernels = draws(draw, first)
    return [{"d/kernel": kernel, "d/bias": np.full(8, bias, np.float32)} for kernel in kernels]


def uniform(limit):
    return lambda rng: rng.uniform(-limit, limit, (16, 8))


UNITS = [Unit("d", "dense", {"kernel": (16, 8), "bias": (8,)})]
MATCHING = match(UNITS, UNITS, {}, {})


def sides(found=None, losses=(None, None)):
    return Sides(NAMES, MATCHING, found or Found([], {}), (ADAM, ADAM), losses, [])


def walked(found, *, back=False, losses=(None, None), alike=((), ()), order=()):
    both = sides(found, losses)
    every = found_of(both, Found([], {}))
    return twin_walk(TWINS, both, every, alike, back=back, order=order)
