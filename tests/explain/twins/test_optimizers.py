"""Two optimisers differ in switches, which together make one the other."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.explain.twins.optimizers import (
    COUPLING,
    DECAY,
    EPSILON,
    RATE,
    RULE,
    Optimizer,
    of_optimizers,
)
from common.twins.rule import BESIDE, Rule
from common.twins.turns import Turns
from tests.explain.twins.samples import ADAM, NAMES, turned


def test_each_constant_of_an_optimiser_is_a_switch_and_all_together_are_the_other_rule():
    other = Optimizer(
        replace(ADAM.rule, epsilon=1e-8, place=BESIDE, coupled=True, beta_2=0.99), 3e-3
    )
    found = of_optimizers(NAMES, ADAM, other)
    assert [s.name for s in found.switches] == [EPSILON, "betas", COUPLING, RATE]
    assert found.switches[0].values == ("1e-07 before the correction", "1e-08 beside the root")
    assert "the same on both sides: Adam" in found.skipped[RULE]
    assert found.skipped[DECAY] == "the same on both sides: 0.01"  # its coupling is another
    for number, wanted in enumerate((other, ADAM)):
        turns = turned(found, number)
        assert (turns.rule, turns.rate) == wanted
    first = found.switches[0].turns[0](Turns())
    assert first.rule == replace(ADAM.rule, epsilon=1e-8, place=BESIDE) and first.rate == 1e-3


def test_another_rule_takes_its_constants_and_rate_along_and_a_decay_of_one_side_is_its_own_step():
    sgd = Optimizer(Rule("SGD", momentum=0.9), 0.1)
    found = of_optimizers(NAMES, sgd, ADAM)
    assert [s.name for s in found.switches] == [RULE, DECAY] and RATE not in found.skipped
    assert found.switches[0].turns[0](Turns()).rule == replace(ADAM.rule, decay=0.0)
    assert (turned(found).rule, turned(found).rate) == ADAM
    back = turned(found, 1)
    assert (back.rule.family, back.rule.momentum, back.rule.decay, back.rate) == (
        ("SGD", 0.9, 0.0, 0.1)
    )


def test_an_optimiser_that_is_not_known_is_not_tried_and_what_agrees_is_no_step():
    found = of_optimizers(NAMES, ADAM, None)
    assert (
        not found.switches
        and "not tried, it goes with the framework" in (found.skipped["optimiser"])
    )
    same = of_optimizers(NAMES, ADAM, ADAM)
    assert not same.switches and set(same.skipped) == {RULE, EPSILON, DECAY, RATE}
    schedule = replace(ADAM.rule, rate_in_buffer=True)  # is felt under a schedule alone
    assert not of_optimizers(NAMES, ADAM, ADAM._replace(rule=schedule)).switches
