"""What a layer is fed, and what is taken of it."""

from __future__ import annotations

import numpy as np

from benchmarks.twins.causes import wiring
from tests.twins.causes.functions import STEPS, X
from tests.twins.scenes import event, scene, unit

rng = np.random.default_rng(2)


def test_parts_are_joined_in_another_order_and_other_steps_are_taken():
    a, b = rng.normal(size=(5, 3)), rng.normal(size=(5, 4))
    units = [[unit("b", "dense", {"kernel": np.eye(7)})]] * 2

    def joined(*orders):
        return [
            [
                event("p", "P", STEPS, a),
                event("q", "P", STEPS, b),
                event("cat", "cat", parts, np.concatenate(parts, 1)),
                event("b", "Dense", np.concatenate(parts, 1), np.concatenate(parts, 1) + n),
            ]
            for n, parts in enumerate(orders)
        ]

    (cause,) = wiring.find(scene(*joined((a, b), (b, a)), [STEPS], units=units))
    assert cause.entry == "concat_order" and cause.proved
    last, first = STEPS[:, -1], STEPS[:, 0]
    flows = [
        [event("gru", "GRU", STEPS, (STEPS, last)), event("b", "Dense", y, y * (2 + n))]
        for n, y in enumerate((last, first))
    ]
    units = [[unit("b", "dense", {"kernel": np.eye(4)})]] * 2
    (cause,) = wiring.find(scene(*flows, [STEPS], units=units))
    assert cause.entry == "wrong_step" and cause.write == "gru, and not step 0 of gru"


def test_the_backward_directions_first_step_is_taken():
    """PyTorch's y[:, -1] of a layer that reads both ways, against both last states."""
    both, ahead, back = STEPS, STEPS[:, -1, :2], STEPS[:, 0, 2:]
    ours = np.concatenate([ahead, back], 1)
    flows = [
        [
            event("f", "LSTM", X, ahead),
            event("g", "LSTM", X, back),
            event("b", "Dense", ours, ours),
        ],
        [
            event("bi", "LSTM", X, (both, ahead, back)),
            event("b", "Dense", both[:, -1], both[:, -1] + 1),
        ],
    ]
    units = [[unit("b", "dense", {"kernel": np.eye(4)})]] * 2
    (cause,) = wiring.find(scene(*flows, [X], units=units))
    assert cause.entry == "wrong_step" and "second half" in cause.difference


def test_a_layer_is_fed_from_another_place():
    z, x = np.tanh(X), X + np.tanh(X)
    flows = [
        [event("t", "tanh", X, z), event("add", "add", (X, z), x), event("b", "D", y, y * 2)]
        for y in (z, x)
    ]
    units = [[unit("b", "dense", {"kernel": np.eye(8)})]] * 2
    (cause,) = wiring.find(scene(*flows, [X], units=units))
    assert cause.entry == "other_tensor" and "takes t, torch add" in cause.difference


def test_outputs_in_another_order_are_said_so():
    a, b = rng.normal(size=(6, 2)), rng.normal(size=(6, 2))
    given = scene([event("a", "D", X, a)], [event("a", "D", X, b)], [X])
    for number, outputs in enumerate(((a, b), (b, a))):
        given.traces[number, "float64"].clear()
        given.traces[number, "float64"].update(
            {f"outputs/output {n}": out for n, out in enumerate(outputs, 1)}
        )
    (cause,) = wiring.find(given)
    assert cause.entry == "outputs_exchanged" and "2, 1" in cause.write
