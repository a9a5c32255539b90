"""Losses that are written otherwise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.twins.causes.asked import Asked, _chosen
from benchmarks.twins.causes.losses import explained
from benchmarks.twins.causes.objectives import (
    BINARY,
    CATEGORICAL,
    LOGITS,
    PROBABILITIES,
    TWICE,
    Draw,
    Objective,
    loss,
)
from tests.twins.scenes import NAMES

RNG = np.random.default_rng(0)
LOGIT, CLASS = RNG.normal(size=(8, 3)), RNG.integers(0, 3, 8)
TOKEN, WORD = RNG.normal(size=(8, 5, 3)), RNG.integers(0, 3, (8, 5))
VALUE, TARGET = RNG.normal(size=(8, 1)), 3 * RNG.normal(size=(8, 1))
SCORE, LABEL = RNG.normal(size=(8, 1)), RNG.integers(0, 2, (8, 1)).astype(float)
SHARE = np.exp(LOGIT) / np.exp(LOGIT).sum(axis=1, keepdims=True)
CROSS, SQUARE, SIGN = (
    Objective(CATEGORICAL, LOGITS),
    Objective("mean_squared_error"),
    Objective(BINARY, LOGITS),
)
WEIGHTED = replace(CROSS, weights=(1.0, 2.0, 0.5))
LOSSES = {
    "loss_reduction": (VALUE, TARGET, SQUARE, replace(SQUARE, reduction="sum")),
    "loss_reduction over time": (TOKEN, WORD, CROSS, replace(CROSS, reduction="rows")),
    "target_shape": (VALUE, TARGET, SQUARE, replace(SQUARE, every=True)),
    "label_smoothing": (LOGIT, CLASS, replace(CROSS, smoothing=0.1), CROSS),
    "logits_for_probabilities": (SHARE, CLASS, Objective(CATEGORICAL, PROBABILITIES), CROSS),
    "logits_for_probabilities twice": (SCORE, LABEL, SIGN, replace(SIGN, form=TWICE)),
    "class_weights": (LOGIT, CLASS, CROSS, WEIGHTED),
    "class_weights of positives": (SCORE, LABEL, SIGN, replace(SIGN, weights=(1.0, 3.0))),
    "class_weight_denominator": (LOGIT, CLASS, WEIGHTED, replace(WEIGHTED, by_weights=True)),
    "huber_delta": (VALUE, TARGET, Objective("huber"), Objective("huber", delta=0.7)),
    "loss_kind": (VALUE, TARGET, SQUARE, Objective("mean_absolute_error")),
    "loss_factor": (VALUE, TARGET, SQUARE, replace(SQUARE, factor=0.5)),
}


def asked(output, target, one, other):
    draws = [Draw(output[rows], target[of]) for rows, of in _chosen(len(output))]
    return Asked(draws, (np.array([*map(one, draws)]), np.array([*map(other, draws)])))


def of(objective):
    return lambda draw: loss(objective, draw)


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_written_otherwise_is_found_either_way_round(name):
    output, target, *objectives = LOSSES[name]
    for one, other in (objectives, objectives[::-1]):
        (cause,) = explained(asked(output, target, of(one), of(other)), NAMES)
        assert cause.entry == name.partition(" ")[0] and cause.proved, str(cause)
        assert cause.after < 1e-6 < cause.before


def test_two_changes_of_a_loss_are_both_found():
    one, other = replace(CROSS, smoothing=0.1), replace(CROSS, reduction="sum")
    causes = list(explained(asked(LOGIT, CLASS, of(one), of(other)), NAMES))
    assert [c.entry for c in causes] == ["loss_reduction", "label_smoothing"]


def powered(power, total=np.mean):
    return lambda draw: float(total(np.abs(draw.output - draw.target) ** power))


def test_a_loss_that_no_formula_gives_is_compared_by_a_factor_alone():
    seen = asked(VALUE, TARGET, powered(1.5), powered(1.5, np.sum))
    (cause,) = explained(seen, NAMES)
    assert cause.entry == "loss_reduction" and "times the number of rows" in cause.difference
    assert not list(explained(asked(VALUE, TARGET, powered(1.5), powered(1.6)), NAMES))
    assert not list(explained(asked(VALUE, TARGET, powered(1.5), powered(1.5)), NAMES))
    other = replace(CROSS, weights=(1.0, 1.0, 1.0))
    assert not list(explained(asked(LOGIT, CLASS, of(CROSS), of(other)), NAMES))
