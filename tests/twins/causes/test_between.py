"""What stands between two layers in one model alone, or otherwise in the other."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.twins.causes import between
from tests.twins.causes.functions import STEPS, X, relu, sigmoid
from tests.twins.scenes import event, scene, unit

rng = np.random.default_rng(2)


def test_a_shortcut_on_one_side_is_missed():
    a = rng.normal(size=(6, 8))
    flows = [
        [
            event("a", "Dense", X, a),
            event("add", "Add", (X, a), X + a),
            event("b", "Dense", X + a, X),
        ],
        [event("a", "Linear", X, a), event("b", "Linear", a, -X)],
    ]
    units = [
        [unit("a", "dense", {"kernel": np.eye(8)}), unit("b", "dense", {"kernel": np.eye(2)})]
    ] * 2
    (cause,) = between.find(scene(*flows, [X], units=units))
    assert cause.entry == "residual_missing" and cause.proved


def test_steps_of_padding_are_counted_on_one_side():
    words = np.where(rng.uniform(size=(5, 6)) < 0.3, 0, 3)
    words[:, 0] = 2
    mask = (words != 0)[..., None]
    flows = [
        [
            event("e", "Embedding", words, STEPS),
            event("f", "Mean", STEPS, y),
            event("b", "D", y, y + n),
        ]
        for n, y in enumerate(((STEPS * mask).sum(1) / mask.sum(1), STEPS.mean(1)))
    ]
    units = [
        [
            unit("e", "embedding", {"embeddings": np.eye(4)}),
            unit("b", "dense", {"kernel": np.eye(2)}),
        ]
    ] * 2
    (cause,) = between.find(scene(*flows, [words], units=units))
    assert cause.entry == "mask" and "sum(1)" in cause.write


def test_two_causes_in_one_model_are_both_found():
    y, z = relu(X), X.clip(0, 6)
    flows = []
    for first, second, name in ((y, np.tanh, "k"), (z, sigmoid, "t")):
        flow = [event("a", "Dense", X, X), event(f"{name}1", "f", X, first)]
        flow += [
            event("b", "Dense", first, 2 * first),
            event(f"{name}2", "g", 2 * first, second(2 * first)),
        ]
        flows.append(
            [*flow, event("c", "Dense", flow[-1].outputs[0], flow[-1].outputs[0] + len(flows))]
        )
    units = [[unit(name, "dense", {"kernel": np.eye(n)}) for n, name in enumerate("abc", 2)]] * 2
    causes = list(between.find(scene(*flows, [X], units=units)))
    assert [cause.entry for cause in causes] == ["clip", "activation"]


@pytest.mark.parametrize("proved", [True, False])
@pytest.mark.parametrize("alone", [0, 1])
def test_a_call_of_one_model_alone_is_named_before_a_join(alone, proved):
    """One model's gate has a sigmoid before it multiplies; what the join gives has no one input."""
    gate = X[:, ::-1].copy()
    flows = []
    for n in (0, 1):
        flow = [event("a", "Dense", X, X), event("g", "Dense", X, gate)]
        if n == alone:
            flow.append(event("s", "s", gate, sigmoid(gate)))
        y = X * flow[-1].outputs[0] + (0 if proved or n == 0 else 1.0)
        flow.append(event("m", "mul", (X, flow[-1].outputs[0]), y))
        flows.append([*flow, event("b", "Dense", y, 2 * y)])
    units = [[unit(name, "dense", {"kernel": np.eye(n)}) for n, name in enumerate("agb", 2)]] * 2

    def replay(layer, inputs):
        return (inputs[0] * inputs[1] + (0 if proved else 1.0),)

    causes = list(between.find(scene(*flows, [X], units=units, replay=replay)))
    assert [(c.entry, c.proved) for c in causes] == ([("activation_missing", True)] * proved)


@pytest.mark.parametrize("proved", [True, False])
def test_what_the_first_calls_do_is_proved_if_it_is_carried_to_the_next_layer(proved):
    """Behind a clip and a ReLU stands what has no name; the second model makes it again."""
    noise = rng.normal(size=8)

    def unnamed(x):
        return np.sin(x) * noise + x**3

    flows = []
    for first, name in ((X.clip(0, 6), "k"), (relu(X), "t")):
        y = unnamed(first) + (0 if proved or name == "k" else 1.0)
        flow = [event("a", "Dense", X, X), event(f"{name}1", "f", X, first)]
        flows.append([*flow, event("odd", "odd", first, y), event("b", "Dense", y, 2 * y)])
    units = [[unit(name, "dense", {"kernel": np.eye(n)}) for n, name in enumerate("ab", 2)]] * 2

    def replay(layer, inputs):
        return (unnamed(inputs[0]) + (0 if proved else 1.0),)

    (cause,) = between.find(scene(*flows, [X], units=units, replay=replay))
    assert cause.entry == "clip" and cause.proved == proved


def test_an_inherited_difference_is_no_cause_of_its_own():
    """The second layer's activation is one and the same, and meets a limit in one model alone."""
    flows = []
    for first, name in ((X / 9, "k"), (X, "t")):
        second = first.clip(0, 6)
        flow = [event("a", "Dense", X, first), event(name, "relu6", first, second)]
        flows.append([*flow, event("b", "Dense", second, second)])
    assert flows[0][-1].outputs[0].max() < 6
    units = [
        [unit("a", "dense", {"kernel": np.eye(2)}), unit("b", "dense", {"kernel": np.eye(3)})]
    ] * 2
    assert list(between.find(scene(*flows, [X], units=units))) == []


def test_two_inputs_of_a_difference_are_exchanged():
    a, b = rng.normal(size=(6, 4)), rng.normal(size=(6, 4))
    flows = [
        [event("s", "sub", given, y), event("b", "Dense", y, y)]
        for given, y in (((a, b), a - b), ((b, a), b - a))
    ]
    units = [[unit("b", "dense", {"kernel": np.eye(4)})]] * 2
    (cause,) = between.find(scene(*flows, [a, b], units=units))
    assert cause.entry == "inputs_exchanged" and cause.proved
