"""Rules of optimisers: each change is planted in NumPy and found, what looks different is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.twins.causes.comparing import differences, known
from benchmarks.twins.causes.declared import constants, declared
from benchmarks.twins.causes.fitting import Fit
from benchmarks.twins.causes.optimizers import _cause
from common.twins.rule import BESIDE, INSIDE, Rule
from tests.twins.causes.steps import ADAM, KERAS_ADAM, RMSPROP, STEPS, compared, walked
from tests.twins.scenes import NAMES

RATES = (1e-2,) * STEPS
PLANTED = {
    "epsilon": (ADAM, replace(ADAM, epsilon=0.1), ("epsilon",)),
    "place": (replace(KERAS_ADAM, epsilon=0.01), replace(ADAM, epsilon=0.01), ("place",)),
    "inside": (replace(RMSPROP, epsilon=0.01), Rule("RMSprop", epsilon=0.01), ("place",)),
    "rho": (RMSPROP, replace(RMSPROP, rho=0.97), ("rho",)),
    "centered": (RMSPROP, replace(RMSPROP, centered=True), ("centered",)),
    "beta_1": (ADAM, replace(ADAM, beta_1=0.85), ("beta_1",)),
    "beta_2": (ADAM, replace(ADAM, beta_2=0.98), ("beta_2",)),
    "correction": (ADAM, replace(ADAM, corrected=False), ("corrected",)),
    "coupled": (replace(ADAM, decay=0.1), replace(ADAM, decay=0.1, coupled=True), ("coupled",)),
    "decay": (ADAM, replace(ADAM, decay=0.05), ("decay",)),
    "of kernels": (
        replace(ADAM, decay=0.1),
        replace(ADAM, decay=0.1, kernels_only=True),
        ("kernels_only",),
    ),
    "momentum": (Rule(), Rule(momentum=0.8), ("momentum",)),
    "nesterov": (Rule(momentum=0.9), Rule(momentum=0.9, nesterov=True), ("nesterov",)),
    "amsgrad": (ADAM, replace(ADAM, amsgrad=True), ("amsgrad",)),
    "family": (RMSPROP, ADAM, ("family",)),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_change_of_the_rule_is_found_and_nothing_else(name):
    one, other, fields = PLANTED[name]
    assert compared(one, other) == {fields: True}


def test_a_change_that_another_would_do_for_is_not_sure():
    """Inside the root, what Adagrad's sum begins with and epsilon are one number."""
    one, other = (Rule("Adagrad", initial=x, place=INSIDE) for x in (0.1, 0.7))
    assert list(compared(one, other).values()) == [False]


@pytest.mark.parametrize("framework", ["keras", "torch"])
def test_whoever_decays_beside_the_step_is_told_to_write_adamw_with_all_of_it(framework):
    """Adam's weight_decay is part of the gradient in PyTorch."""
    far, decayed = replace(ADAM, epsilon=0.1), replace(ADAM, decay=0.1)
    for one, other, written in (
        (replace(far, decay=0.1), decayed, "AdamW(eps"),
        (far, ADAM, "Adam(eps"),
        (decayed, replace(ADAM, decay=0.05), "AdamW(weight_decay=0.1)"),
    ):
        fitted = Fit(one, RATES, np.zeros((STEPS, 4)))
        (found,) = differences(fitted, walked(other, RATES), (other, 1e-2))
        assert f".{written}" in _cause(found, ("keras", framework)).write


@pytest.mark.parametrize("kind", ["value", "norm", "global norm"])
def test_the_kind_of_clipping_is_told(kind):
    told = (Rule(clip="norm", limit=1.5), 1e-2)
    other = Rule(clip=kind, limit=1.5)
    found = compared(told[0], other, both=(told, None))
    assert found == ({} if kind == "norm" else {("clip",): True})
    plain = (Rule(), 1e-2)
    assert compared(Rule(), other, both=(plain, plain)) == {("clip", "limit"): True}


def test_rates_and_schedules_are_told_from_the_rule():
    falling, constant = tuple(0.1 * 0.5**i for i in range(STEPS + 1)), (1e-2,) * STEPS
    assert compared(ADAM, ADAM, constant, (3e-3,) * STEPS) == {("rates",): True}
    (found,) = differences(
        known(walked(Rule(), falling[:-1]), None), walked(Rule(), falling[1:]), None
    )
    cause = _cause(found, NAMES)
    assert cause.entry == "schedule_off_by_one" and cause.proved and cause.after < 1e-9
    (found,) = differences(
        known(walked(Rule(), constant), None), walked(Rule(), falling[:-1]), None
    )
    assert _cause(found, NAMES).entry == "learning_rate"


def test_under_a_schedule_a_buffer_of_steps_is_not_one_of_gradients():
    falling = tuple(0.1 * 0.5**i for i in range(STEPS))
    keras = Rule(momentum=0.9, rate_in_buffer=True)
    torch = Rule(momentum=0.9, coupled=True)
    both = ((keras, None), (torch, 0.1))
    assert compared(keras, torch, falling, both=both) == {("rate_in_buffer",): True}


def test_what_an_optimiser_denies_and_a_schedule_that_is_guessed_are_not_sure():
    """Dampened momentum makes steps of other rates; of a rule of its own, other constants do."""
    constant, guessed = (1e-2,) * STEPS, (1e-2, *[5e-3] * (STEPS - 1))
    rule = Rule(momentum=0.9, rate_in_buffer=True)
    told = (rule, 1e-2)
    assert compared(rule, rule, constant, guessed, both=(told, told)) == {("rates",): False}
    assert compared(rule, rule, constant, guessed, both=(told, (rule, None))) == {("rates",): True}
    dampened = replace(rule, rate_in_buffer=False, dampening=0.5)
    both = (told, (dampened, 1e-2))
    assert compared(rule, dampened, both=both) == {("dampening",): True}
    other = replace(rule, momentum=0.5)
    assert compared(rule, other, both=(told, told)) == {("momentum",): False}


SAME = {
    "an epsilon too small to be felt": (KERAS_ADAM, ADAM),
    "decay of plain descent": (Rule(decay=0.1), Rule(decay=0.1, coupled=True)),
    "a buffer of steps": (Rule(momentum=0.9), Rule(momentum=0.9, rate_in_buffer=True)),
    "a limit that is never reached": (Rule(), Rule(clip="global norm", limit=100.0)),
}


@pytest.mark.parametrize("name", SAME)
def test_rules_that_make_the_same_steps_do_not_differ(name):
    one, other = SAME[name]
    walk = walked(other, (1e-2,) * STEPS, size=1e4 if "epsilon" in name else 1.0)
    first = Fit(one, (1e-2,) * STEPS, np.zeros((STEPS, 4)))
    assert differences(first, walk, (other, 1e-2)) == []


def test_steps_that_no_rule_makes_have_no_cause():
    rng = np.random.default_rng(1)
    walk = walked(ADAM, (1e-2,) * STEPS, behind=lambda _, w: w + 1e-3 * rng.normal(size=w.shape))
    one = known(walked(ADAM, (1e-2,) * STEPS), None)
    assert known(walk, None) is None and differences(one, walk, (ADAM, 1e-2)) == []


def test_what_an_optimiser_says_is_believed_only_where_its_steps_agree():
    """RMSprop as both have it differs in three things, of which large gradients feel one."""
    torch = declared({"class": "RMSprop", "lr": 1e-2, "alpha": 0.99, "eps": 1e-8}, "torch")
    keras = declared(
        {"class": "RMSprop", "learning_rate": 1e-2, "rho": 0.9, "epsilon": 1e-7}, "keras"
    )
    assert torch == (Rule("RMSprop", rho=0.99, epsilon=1e-8, place=BESIDE, coupled=True), 1e-2)
    assert compared(keras[0], torch[0], both=(keras, torch), size=1e4) == {("rho",): True}
    lying = replace(torch[0], rho=0.8)
    assert compared(keras[0], lying, both=(keras, torch), size=1e4) == {("rho",): False}
    assert declared({"class": "Lion", "lr": 1e-2}, "torch") is None and declared({}, "jax") is None


def test_a_cause_says_what_to_write_in_the_second_framework():
    rates = (1e-3,) * STEPS
    one = known(walked(replace(KERAS_ADAM, epsilon=1e-3), rates), None)
    other = walked(replace(KERAS_ADAM, epsilon=0.1), rates)
    cause = _cause(differences(one, other, None)[0], NAMES)
    assert str(cause).startswith(
        "cause, proved: Adam has epsilon 1e-3 in keras and epsilon 0.1 in torch; with epsilon 0.1 "
        "in keras's rule the difference falls from "
    )
    assert cause.write == "torch.optim.Adam(eps=1e-3)"
    assert constants(ADAM, ["beta_2"], "torch") == "betas=(0.9, 0.999)"
    assert constants(RMSPROP, ["rho", "rate_in_buffer"], "torch") == "alpha=0.9"
    assert constants(ADAM, ["beta_1", "beta_2"], "jax") == "b1=0.9, b2=0.999"
