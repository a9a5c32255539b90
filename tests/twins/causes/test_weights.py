"""Weights that were carried otherwise: transposed, exchanged, tied, without a bias."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.twins.causes import weights
from tests.twins.causes.layers import X, twice
from tests.twins.scenes import event, scene, unit

rng = np.random.default_rng(2)


def test_a_bias_on_one_side_is_missed():
    made = {"kernel": rng.normal(size=(6, 3)), "bias": rng.normal(size=3)}
    ours, theirs = X @ made["kernel"] + made["bias"], X @ made["kernel"]
    bare = {"kernel": made["kernel"]}
    given = twice("dense", "d", made, X, ours, theirs, ({}, {}), both=bare)
    (cause,) = weights._biases(given)
    assert cause.entry == "bias_missing" and cause.proved
    noise = twice("dense", "d", made, X, ours, theirs + X[..., :3], ({}, {}), both=bare)
    assert not [*weights._biases(noise)]


def owned(kind, one, other, compute):
    """One layer whose weights both bring, and what a model computes with them."""
    units = [[unit("d", kind, one)], [unit("d", kind, other)]]
    values = [of_side[0][1] for of_side in units]
    flows = [[event("d", "D", X[:, 0], compute(v))] for v in values]
    return scene(
        *flows,
        [X[:, 0]],
        units=units,
        computes=lambda values, rows: compute(values),
        weights="own",
    )


@pytest.mark.parametrize(
    "entry, kind, shape, turn",
    [
        ("transposed_kernel", "dense", (6, 6), np.transpose),
        ("gate_order", "lstm", (6, 8), lambda k: np.concatenate(np.split(k, 4, 1)[::-1], 1)),
        ("double_bias", "lstm", (8,), lambda b: b * 2),
    ],
)
def test_weights_in_another_order_are_given_back_and_the_outputs_agree(entry, kind, shape, turn):
    role = "bias" if len(shape) == 1 else "kernel"
    weight = rng.normal(size=shape)

    def compute(values):
        value = values[f"d/{role}"]
        return X[:, 0] @ value if role == "kernel" else X[:, 0, :1] + value

    given = owned(kind, {role: weight}, {role: turn(weight)}, compute)
    (cause,) = weights.find(given)
    assert cause.entry == entry and cause.proved and cause.after < 1e-12
    assert not [*weights.find(owned(kind, {role: weight}, {role: weight + 1}, compute))]


def test_two_layers_of_one_shape_are_exchanged_and_a_table_is_tied():
    a, b = rng.normal(size=(2, 6, 6))
    units = [unit("a", "dense", {"kernel": a}), unit("b", "dense", {"kernel": b})]

    def compute(values, rows=None):
        return np.tanh(X[:, 0] @ values["b/kernel"]) @ values["a/kernel"]

    ours = np.tanh(X[:, 0] @ a) @ b
    theirs = compute({"a/kernel": a, "b/kernel": b})
    flows = [[event("x", "D", X[:, 0], y)] for y in (ours, theirs)]
    given = scene(*flows, [X[:, 0]], units=[units, units], computes=compute)
    (cause,) = weights.find(given)
    assert cause.entry == "layers_exchanged" and cause.proved
    table = unit("e", "embedding", {"embeddings": rng.normal(size=(9, 6))})
    own = unit("o", "dense", {"kernel": rng.normal(size=(6, 9))})

    def logits(values, rows=None):
        return X[:, 0] @ values["o/kernel"]

    ours, theirs = X[:, 0] @ table[1]["e/embeddings"].T, logits(own[1])
    flows = [[event("x", "D", X[:, 0], y)] for y in (ours, theirs)]
    (cause,) = weights.find(
        scene(*flows, [X[:, 0]], units=[[table], [table, own]], computes=logits)
    )
    assert cause.entry == "tied" and "o.weight = e.weight" in cause.write


@pytest.mark.parametrize("alone", [0, 1])
def test_one_layer_twice_is_two_layers_in_the_other_model(alone):
    """The second of two towers has its own weights in one model alone."""
    names = ["t", "s"]
    towers = [
        unit(name, "dense", {"kernel": k})
        for name, k in zip(names, rng.normal(size=(2, 6, 6)), strict=True)
    ]

    def compute(values, rows=None):
        first, second = values["t/kernel"], values.get("s/kernel", values["t/kernel"])
        return np.concatenate([X[:, 0] @ first, X[:, 1] @ second], 1)

    units = [[towers[0]], towers][:: -1 if alone == 0 else 1]
    values = [{k: v for _, made in of_side for k, v in made.items()} for of_side in units]
    flows = [[event("x", "D", X[:, 0], compute(of_side))] for of_side in values]
    (cause,) = weights.find(scene(*flows, [X[:, 0]], units=units, computes=compute))
    assert cause.entry == "tied" and cause.proved and "s" in cause.places
    assert ("torch" in cause.difference.partition(",")[0]) == bool(alone)
