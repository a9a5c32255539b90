"""Initial values are drawn alike or not, whatever draws them."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from benchmarks.explain.twins.starts import differs, of_starts
from benchmarks.twins.match import match
from common.twins.probe import Unit
from common.twins.turns import Turns
from tests.explain.twins.samples import MATCHING, NAMES, dense, draws, uniform


def test_initial_values_that_are_drawn_alike_are_no_step_and_others_are():
    ones = dense(uniform(0.5), 0)
    found, alike = of_starts(MATCHING, (ones, dense(uniform(0.5), 0, first=9)), NAMES)
    assert not found.switches and alike == (("d/kernel", "d/bias"),) * 2
    found, alike = of_starts(MATCHING, (ones, dense(uniform(0.25), 0)), NAMES)
    (switch,) = found.switches
    assert switch.name == "initial values of dense" and alike == ((), ())
    assert switch.values == ("kernel sd 0.28", "kernel sd 0.14")
    turns = switch.turns[0](Turns())
    assert (turns.initial, turns.giver) == (("d/kernel", "d/bias"), "torch")
    found, _ = of_starts(MATCHING, (ones, dense(uniform(0.5), 0.1)), NAMES)
    assert found.switches[0].values == ("bias 0", "bias 0.1")


def test_a_lost_initialiser_is_seen_in_a_small_layer_by_its_spread_or_its_bias():
    glorot, own = (dense(uniform(limit), 0) for limit in (0.65, 0.41))
    few = [{"d/kernel": v["d/kernel"][:6], "d/bias": v["d/bias"]} for v in glorot]
    theirs = [{"d/kernel": v["d/kernel"][6:12], "d/bias": v["d/bias"]} for v in own]
    units = [Unit("d", "dense", {"kernel": (6, 8), "bias": (8,)})]
    matching = match(units, units, {}, {})
    (switch,) = of_starts(matching, (few, theirs), NAMES)[0].switches
    assert switch.values[0].startswith("kernel sd 0.3")
    biases = draws(lambda rng: rng.uniform(-0.4, 0.4, 8))
    biased = [v | {"d/bias": bias} for v, bias in zip(few, biases, strict=True)]
    (switch,) = of_starts(matching, (few, biased), NAMES)[0].switches
    assert switch.values[0] == "bias 0"


def test_a_draw_with_the_same_numbers_and_another_structure_is_another_draw():
    def orthogonal(rng):
        return np.linalg.qr(rng.normal(size=(64, 64)))[0]

    plain = draws(lambda rng: rng.normal(size=(64, 64)) / 8)
    ortho = draws(orthogonal)
    drawn = SimpleNamespace(one=plain, other=ortho)
    assert differs(drawn, 1e-3)
    other = draws(lambda rng: rng.normal(size=(64, 64)) / 8, first=9)
    assert not differs(SimpleNamespace(one=plain, other=other), 1e-3)
