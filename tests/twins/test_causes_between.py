"""Functions between layers are named by what they do, and their difference is the cause."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.twins.causes import between, places, views, wiring
from tests.twins.scenes import event, scene, unit

rng = np.random.default_rng(0)
X = rng.normal(size=(6, 8)) * 4
IMAGE = rng.normal(size=(4, 5, 5, 3))
STEPS = rng.normal(size=(5, 6, 4))
BLOCKS = rng.normal(size=(4, 3, 3, 8))
PROBABLE = rng.uniform(0.1, 0.9, size=(6, 4))
erf = np.vectorize(math.erf)


def softmax(x, axis):
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def relu(x):
    return np.maximum(x, 0)


def pooled(x, pads, reduce, border):
    """Windows of 3 with strides of 2, one by one."""
    x = np.pad(x, [(0, 0), pads, pads, (0, 0)], constant_values=border)
    places = range(0, x.shape[1] - 2, 2)
    return np.stack(
        [np.stack([reduce(x[:, i : i + 3, j : j + 3]) for j in places], 1) for i in places], 1
    )


def top(window):
    return window.max((1, 2))


def counted(window):
    return window.mean((1, 2))


def uncounted(window):
    return np.nanmean(window, (1, 2))


def corners(x):
    """Ten places of five, linear, on the first axis of the space alone."""
    at = np.linspace(0, 4, 10)
    rows = [x[:, int(a)] * (1 - a % 1) + x[:, min(int(a) + 1, 4)] * (a % 1) for a in at]
    return np.stack(rows, 1)


def halves(x):
    at = np.clip((np.arange(10) + 0.5) / 2 - 0.5, 0, 4)
    rows = [x[:, int(a)] * (1 - a % 1) + x[:, min(int(a) + 1, 4)] * (a % 1) for a in at]
    return np.stack(rows, 1)


FAULTS = [
    ("clip", X, relu, lambda x: x.clip(0, 6)),
    ("clip", X, lambda x: x.clip(-5, 5), lambda x: x),
    ("slope", X, lambda x: np.where(x > 0, x, 0.3 * x), lambda x: np.where(x > 0, x, 0.01 * x)),
    (
        "slope",
        X,
        lambda x: np.where(x > 0, x, np.expm1(x)),
        lambda x: np.where(x > 0, x, 0.5 * np.expm1(x)),
    ),
    (
        "gelu_form",
        X,
        lambda x: x / 2 * (1 + erf(x / math.sqrt(2))),
        lambda x: x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    ),
    (
        "hard_sigmoid_form",
        X,
        lambda x: (0.2 * x + 0.5).clip(0, 1),
        lambda x: (x / 6 + 0.5).clip(0, 1),
    ),
    ("activation", X, np.tanh, sigmoid),
    ("activation_missing", X, np.tanh, lambda x: x),
    ("softmax_axis", STEPS, lambda x: softmax(x, -1), lambda x: softmax(x, 1)),
    ("scale_missing", X, lambda x: x * math.sqrt(8), lambda x: x),
    (
        "flatten_order",
        IMAGE,
        lambda x: x.reshape(4, -1),
        lambda x: np.moveaxis(x, -1, 1).reshape(4, -1),
    ),
    (
        "reshape_order",
        rng.normal(size=(6, 12)),
        lambda x: x.reshape(6, 2, 2, 3),
        lambda x: np.moveaxis(x.reshape(6, 3, 2, 2), 1, -1),
    ),
    ("reshape_for_transpose", STEPS, lambda x: x.swapaxes(1, 2), lambda x: x.reshape(5, 4, 6)),
    ("channel_order", IMAGE, lambda x: x, lambda x: x[..., ::-1]),
    ("time_order", STEPS, lambda x: x, lambda x: x[:, ::-1]),
    ("normalised_axis", rng.normal(size=(4, 5, 5)), lambda x: x.mean(1), lambda x: x.mean(2)),
    ("pooling_kind", IMAGE, lambda x: x.mean((1, 2)), lambda x: x.max((1, 2))),
    (
        "pooling_padding",
        rng.normal(size=(4, 6, 6, 3)),
        lambda x: pooled(x, (0, 1), top, -np.inf),
        lambda x: pooled(x, (1, 0), top, -np.inf),
    ),
    (
        "pooling_padded_by_zeros",
        IMAGE - 2,
        lambda x: pooled(x, (1, 1), top, -np.inf),
        lambda x: pooled(x, (1, 1), top, 0.0),
    ),
    (
        "pooling_counts_padding",
        IMAGE,
        lambda x: pooled(x, (1, 1), uncounted, np.nan),
        lambda x: pooled(x, (1, 1), counted, 0.0),
    ),
    ("resize_grid", STEPS[:, :5], halves, corners),
    ("interpolation", STEPS[:, :5], lambda x: x.repeat(2, 1), halves),
    ("biased_variance", X, lambda x: x.std(1), lambda x: x.std(1, ddof=1)),
    (
        "reshape_for_transpose",
        BLOCKS,
        lambda x: x.reshape(4, 3, 3, 2, 2, 2).transpose(0, 1, 3, 2, 4, 5).reshape(4, 6, 6, 2),
        lambda x: x.reshape(4, 3, 3, 2, 2, 2).transpose(0, 1, 4, 2, 5, 3).reshape(4, 6, 6, 2),
    ),
    (
        "reshape_for_transpose",
        BLOCKS,
        lambda x: x,
        lambda x: x.reshape(4, 3, 3, 2, 4).swapaxes(-1, -2).reshape(x.shape),
    ),
    (
        "flatten_order",
        IMAGE,
        lambda x: x.swapaxes(1, 2).reshape(4, 5, 15),
        lambda x: x.transpose(0, 2, 3, 1).reshape(4, 5, 15),
    ),
]


def parting(x, mine, theirs, *, whole=True):
    """A dense layer before, a function in each model, and a layer behind that gets its result."""
    before = [unit("a", "dense", {"kernel": np.eye(2)}) for _ in range(2)]
    behind = [unit("b", "dense", {"kernel": np.eye(3)}) for _ in range(2)]
    settings = {"pool_size": (3, 3), "strides": (2, 2)}
    flows = []
    for n, (y, name) in enumerate(((mine, "f"), (theirs, "g"))):
        flow = [event("a", "Dense", x, x)]
        if y is not x:
            flow.append(event(name, name, x, y, **settings))
        flows.append([*flow, event("b", "Dense", y, y * 1.5 + n)])
    units = ([before[0], behind[0]], [before[1], behind[1]])
    return scene(*flows, [x], units=units)


@pytest.mark.parametrize(
    "entry, x, one, other", FAULTS, ids=lambda v: v if isinstance(v, str) else ""
)
def test_a_planted_function_is_named_and_proved_and_its_right_twin_is_not(entry, x, one, other):
    causes = list(between.find(parting(x, one(x), other(x))))
    assert [(cause.entry, cause.proved) for cause in causes] == [(entry, True)]
    assert causes[0].after < 1e-6 < causes[0].before and causes[0].write
    for function in (one, other):  # what differs is then behind it
        assert list(between.find(parting(x, function(x), function(x).copy()))) == []


def test_what_the_second_model_alone_has_is_to_go():
    (cause,) = between.find(parting(IMAGE, IMAGE, IMAGE[..., ::-1]))
    assert cause.write == "nothing there, without a reversal with axis 3"


def test_rows_that_one_model_scales_are_preprocessing():
    (cause,) = between.find(parting(IMAGE, IMAGE / 127.5 - 1, IMAGE))
    assert cause.entry == "preprocessing" and "-1" in cause.write


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


def ends(x, mine, theirs):
    """A dense layer and what each model has behind it, which are its outputs."""
    flows = [
        [event("a", "Dense", x, x), event(name, name, x, y)]
        for name, y in (("f", mine), ("g", theirs))
    ]
    if theirs is x:
        del flows[1][1]
    return scene(*flows, [x], units=[[unit("a", "dense", {"kernel": np.eye(2)})]] * 2)


@pytest.mark.parametrize(
    "entry, x, function",
    [
        ("last_activation", X, sigmoid),
        ("sigmoid_twice", PROBABLE, sigmoid),
        ("softmax_twice", softmax(X, 1), lambda x: softmax(x, 1)),
    ],
)
def test_what_ends_one_model_alone(entry, x, function):
    (cause,) = between.find(ends(x, function(x), x))
    assert cause.entry == entry and cause.proved


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


def test_what_stands_elsewhere_is_not_missing():
    gamma = np.linspace(1, 2, 8)
    norm = unit(
        "n",
        "batch_norm",
        {"gamma": gamma, "beta": gamma - 2, "moving_mean": gamma / 9, "moving_variance": gamma},
        epsilon=1e-3,
    )

    def normed(x):
        return (x - gamma / 9) / np.sqrt(gamma + 1e-3) * gamma + gamma - 2

    mine, theirs = relu(normed(X)), normed(relu(X))
    flows = [
        [
            event("a", "Dense", X, X),
            event("n", "BN", X, normed(X)),
            event("r", "ReLU", normed(X), mine),
        ],
        [
            event("a", "Dense", X, X),
            event("r", "ReLU", X, relu(X)),
            event("n", "BN", relu(X), theirs),
        ],
    ]
    flows = [
        [*flow, event("b", "Dense", flow[-1].outputs[0], flow[-1].outputs[0])] for flow in flows
    ]
    dense = [unit(name, "dense", {"kernel": np.eye(n)}) for n, name in enumerate("ab", 2)]
    units = [[dense[0], norm, dense[1]]] * 2
    given = scene(*flows, [X], units=units, replay=lambda layer, inputs: (normed(inputs[0]),))
    assert [cause.entry for cause in between.find(given)] == []
    (cause,) = places.find(given)
    assert cause.entry == "normalisation_place" and cause.proved


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


def test_two_inputs_of_a_difference_are_exchanged():
    a, b = rng.normal(size=(6, 4)), rng.normal(size=(6, 4))
    flows = [
        [event("s", "sub", given, y), event("b", "Dense", y, y)]
        for given, y in (((a, b), a - b), ((b, a), b - a))
    ]
    units = [[unit("b", "dense", {"kernel": np.eye(4)})]] * 2
    (cause,) = between.find(scene(*flows, [a, b], units=units))
    assert cause.entry == "inputs_exchanged" and cause.proved


def test_a_factor_stands_before_or_behind_a_sum():
    positions, factor = rng.normal(size=(6, 4)), 2.0
    mine, theirs = STEPS * factor + positions, (STEPS + positions) * factor
    (cause,) = between.find(parting(STEPS, mine, theirs))
    assert cause.entry == "scale_place" and cause.proved
    assert list(between.find(parting(STEPS, mine, STEPS * factor + positions**2))) == []


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
