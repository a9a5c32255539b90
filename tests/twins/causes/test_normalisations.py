"""Normalisations: one setting exchanged in NumPy closes the gap, and is then the cause."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.twins.causes import normalisations
from tests.twins.causes.layers import BETA, GAMMA, NORM, X, layer_norm, twice


@pytest.mark.parametrize(
    "entry, options, stated_epsilon",
    [
        ("epsilon", {"epsilon": 1e-3}, 1e-3),
        ("epsilon", {"epsilon": 1e-12}, 1e-12),
        ("normalised_axis", {"axis": 1}, 1e-5),
        ("biased_variance", {"ddof": 1}, 1e-5),
    ],
)
def test_a_setting_of_a_normalisation_is_proved(entry, options, stated_epsilon):
    settings = ({"epsilon": 1e-5}, {"epsilon": stated_epsilon})
    ours, theirs = layer_norm(X), layer_norm(X, **options)
    (cause,) = normalisations.find(twice("layer_norm", "n", NORM, X, ours, theirs, settings))
    assert cause.entry == entry and cause.proved and cause.after < 1e-12 < 1e-6 < cause.before


def test_a_normalisation_of_turned_rows_goes_over_another_axis():
    turned = X.swapaxes(1, 2)
    given = twice(
        "layer_norm", "n", NORM, X, layer_norm(X), layer_norm(turned), ({}, {}), x2=turned
    )
    (cause,) = normalisations.find(given)
    assert cause.entry == "normalised_axis" and "(2,) in keras and axes (1,)" in cause.difference


def test_another_epsilon_that_a_layer_only_states_is_none():
    """Both compute alike, whatever they say; and what one makes of other weights is no setting."""
    said = ({"epsilon": 1e-3}, {"epsilon": 1e-5})
    assert not [
        *normalisations.find(twice("layer_norm", "n", NORM, X, layer_norm(X), layer_norm(X), said))
    ]
    other = {"gamma": GAMMA, "beta": BETA + 1}
    given = twice(
        "layer_norm", "n", NORM, X, layer_norm(X), layer_norm(X) + 1, ({}, {}), both=other
    )
    assert not [*normalisations.find(given)]


@pytest.mark.parametrize("kind, groups", [("group_norm", 2), ("instance_norm", 6), ("rms_norm", 1)])
def test_every_kind_of_normalisation_has_its_formula(kind, groups):
    def formula(epsilon):
        if kind == "rms_norm":
            return X / np.sqrt((X**2).mean(-1, keepdims=True) + epsilon) * GAMMA
        parts = X.reshape(5, 6, groups, 6 // groups)
        mean, spread = parts.mean((1, 3), keepdims=True), parts.var((1, 3), keepdims=True)
        return ((parts - mean) / np.sqrt(spread + epsilon)).reshape(X.shape) * GAMMA + BETA

    made = {"gamma": GAMMA} if kind == "rms_norm" else NORM
    said = tuple({"epsilon": e, "groups": groups} for e in (1e-3, 1e-5))
    given = twice(kind, "n", made, X, formula(1e-3), formula(1e-5), said, kinds=("G", "GroupNorm"))
    (cause,) = normalisations.find(given)
    assert cause.entry == "epsilon" and "eps=1e-3" in cause.write


@pytest.mark.parametrize(
    "kinds, groups, line",
    [
        (("group_norm", "instance_norm"), (1, 6), "nn.GroupNorm(1, 6)"),
        (("instance_norm", "group_norm"), (6, 2), "nn.GroupNorm(6, 6)"),
        (("group_norm", "group_norm"), (2, 3), "nn.GroupNorm(2, 6)"),
    ],
)
def test_another_number_of_groups_is_proved(kinds, groups, line):
    def formula(count):
        parts = X.reshape(5, 6, count, 6 // count)
        mean, spread = parts.mean((1, 3), keepdims=True), parts.var((1, 3), keepdims=True)
        return ((parts - mean) / np.sqrt(spread + 1e-5)).reshape(X.shape) * GAMMA + BETA

    said = [{"epsilon": 1e-5, "groups": n} if n < 6 else {"epsilon": 1e-5} for n in groups]
    given = twice("group_norm", "n", NORM, X, *map(formula, groups), said)
    pairs = given.models.matching.pairs
    first = pairs[0]._replace(
        one=pairs[0].one._replace(kind=kinds[0]), other=pairs[0].other._replace(kind=kinds[1])
    )
    matching = given.models.matching._replace(pairs=(first, *pairs[1:]))
    given = replace(given, models=given.models._replace(matching=matching))
    (cause,) = normalisations.find(given)
    assert cause.entry == "normalised_axis" and cause.proved and cause.write == line
