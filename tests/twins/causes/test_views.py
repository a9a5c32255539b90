"""Reshapes that mix axes."""

from __future__ import annotations

import numpy as np

from benchmarks.twins.causes import views
from tests.twins.scenes import event, scene, unit

rng = np.random.default_rng(2)


def heads(reshaped):
    """Attention's scores of q and k, (5, 2, 6, 6); `reshaped` lack the move of axes."""
    q, k = rng.normal(size=(2, 5, 6, 4))
    flows = []
    for wrong in (False, reshaped):
        flow, parts = [event("a", "Dense", q, q), event("c", "Dense", k, k)], []
        for name, x in (("q", q), ("k", k)):
            shape = (5, 2, 6, 2) if wrong else (5, 6, 2, 2)
            parts.append(x.reshape(shape))
            flow.append(event(f"{name}1", "reshape", x, parts[-1]))
            if not wrong:
                parts[-1] = parts[-1].swapaxes(1, 2).copy()
                flow.append(event(f"{name}2", "transpose", flow[-1].outputs[0], parts[-1]))
        scores = parts[0] @ parts[1].swapaxes(-1, -2)
        turned = parts[1].swapaxes(-1, -2).copy()  # of `mT`: no call shows it
        flow.append(event("m", "matmul", (parts[0], turned), scores))
        flows.append([*flow, event("b", "Dense", scores, scores * 2)])
    units = [[unit(name, "dense", {"kernel": np.eye(n)}) for n, name in enumerate("acb", 2)]] * 2
    return scene(*flows, [q, k], units=units, replay=lambda layer, inputs: (inputs[0] @ inputs[1],))


def test_heads_that_are_split_without_a_move_of_axes_are_found_before_the_join():
    (cause,) = views.find(heads(True))
    assert cause.entry == "reshape_for_transpose" and cause.proved
    assert not [*views.find(heads(False))]
