"""Normalisations: one setting exchanged in NumPy closes the gap, and is then the cause."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.twins.causes import normalisations
from benchmarks.twins.causes.lines import together
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


@pytest.mark.parametrize(
    "kind, mine, theirs, written",
    [
        (
            "LayerNorm",
            ("gamma", "beta"),
            ("gamma",),
            "nn.LayerNorm(6, elementwise_affine=True)",
        ),
        (
            "LayerNorm",
            ("gamma",),
            ("gamma", "beta"),
            "nn.LayerNorm(6, elementwise_affine=True, bias=False)",
        ),
        (
            "BatchNorm1d",
            ("gamma",),
            ("gamma", "beta"),
            "nn.BatchNorm1d(6, affine=True), of which the bias stays 0",
        ),
        (
            "BatchNorm1d",
            ("beta",),
            ("gamma", "beta"),
            "nn.BatchNorm1d(6, affine=True), of which the weight stays 1",
        ),
    ],
)
def test_a_scale_or_a_shift_on_one_side_is_proved(kind, mine, theirs, written):
    def values(roles, epsilon=1e-5):
        plain = (layer_norm(X, epsilon) - BETA) / GAMMA
        return plain * (GAMMA if "gamma" in roles else 1) + (BETA if "beta" in roles else 0)

    ones, others = ({k: v for k, v in NORM.items() if k in roles} for roles in (mine, theirs))
    said = {"epsilon": 1e-5}, {"epsilon": 1e-5}
    ys = values(mine), values(theirs)
    given = twice("layer_norm", "n", ones, X, *ys, said, both=others, kinds=("K", kind))
    (cause,) = normalisations.find(given)
    assert cause.entry == "affine_missing" and cause.proved and cause.write == written
    assert "scale" in cause.difference and cause.after < 1e-12 < 1e-6 < cause.before
    said = {"epsilon": 1e-3}, {"epsilon": 1e-5}
    ys = values(mine, 1e-3), values(theirs)
    given = twice("layer_norm", "n", ones, X, *ys, said, both=others, kinds=("K", kind))
    found = list(normalisations.find(given))
    assert {cause.entry for cause in found} == {"affine_missing", "epsilon"}
    whole = written.replace(")", ", eps=1e-3)", 1)
    assert {cause.write for cause in together(found)} == {whole}


@pytest.mark.parametrize(
    "framework, line",
    [
        ("keras", "layers.T(scale=True, center=False)"),
        ("jax", "nnx.T(6, use_scale=True, use_bias=False, rngs=rngs)"),
    ],
)
def test_every_framework_has_its_words_for_scale_and_shift(framework, line):
    ours, theirs = layer_norm(X) - BETA, layer_norm(X)
    made = {"gamma": GAMMA}
    given = twice("layer_norm", "n", made, X, ours, theirs, ({}, {}), both=NORM)
    names = replace(given, models=given.models._replace(names=("torch", framework)))
    (cause,) = normalisations.find(names)
    assert cause.write == line


def test_a_scale_of_ones_is_no_difference():
    ones = {"gamma": np.ones(6), "beta": BETA}
    y = (layer_norm(X) - BETA) / GAMMA + BETA
    off = (layer_norm(X, 1e-3) - BETA) / GAMMA + BETA
    said = {"epsilon": 1e-5}, {"epsilon": 1e-3}
    given = twice("layer_norm", "n", {"beta": BETA}, X, y, off, said, both=ones)
    assert [cause.entry for cause in normalisations.find(given)] == ["epsilon"]
