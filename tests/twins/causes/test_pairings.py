"""A cause that shows under another pairing of layers."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.twins.causes import search
from tests.twins.causes.layers import X
from tests.twins.scenes import event, forced, scene, unit

rng = np.random.default_rng(2)


@pytest.mark.parametrize("choice", [True, False])
def test_a_cause_shows_under_another_pairing_of_layers_that_had_a_choice(choice):
    """Keras names the key first, PyTorch the query: softmax over queries, and keys for queries."""
    kernels = rng.normal(size=(2, 6, 6))

    def flow(query, key, axis, names):
        q, k = X @ query, X @ key
        e = np.exp(q @ k.swapaxes(1, 2))
        shares = e / e.sum(axis, keepdims=True)
        dense = [event("q", "D", X, q), event("k", "D", X, k)]
        dense = dense if names == "qk" else dense[::-1]
        scores, y = np.log(e), shares @ X
        rest = [event("qk", "matmul", (q, k), scores), event("soft", "softmax", scores, shares)]
        return [*dense, *rest, event("v", "matmul", (shares, X), y), event("out", "D", y, y)]

    def compute(values, rows=None):
        return flow(values["q/kernel"], values["k/kernel"], 1, "qk")

    ours = flow(*kernels, -1, "kq")
    theirs = compute({"q/kernel": kernels[1], "k/kernel": kernels[0]})  # the first to the first
    mine = [unit("k", "dense", {"kernel": kernels[1]}), unit("q", "dense", {"kernel": kernels[0]})]
    other = [unit("q", "dense", {"kernel": kernels[1]}), unit("k", "dense", {"kernel": kernels[0]})]
    out = unit("out", "dense", {"kernel": np.eye(6, 2)})

    def replay(layer, inputs):
        return (inputs[0] @ inputs[1],)  # the call behind the softmax

    units = [[*mine, out], [*other, out]]
    given = scene(ours, theirs, [X], units=units, computes=compute, replay=replay)
    causes = search.causes(forced(given, choice=choice))
    assert [cause.entry for cause in causes if cause.proved] == ["softmax_axis"] * choice
    assert not given.judgement.notes
