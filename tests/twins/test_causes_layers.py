"""Layers with weights: one setting exchanged in NumPy closes the gap, and is then the cause."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.twins.causes import (
    attentions,
    convolutions,
    normalisations,
    recurrences,
    search,
    stated,
    weights,
)
from benchmarks.twins.causes.places import find as placed
from benchmarks.twins.causes.witness.recurrent import states
from tests.twins.scenes import event, forced, scene, unit

rng = np.random.default_rng(1)
X = rng.normal(size=(5, 6, 6)) * 0.05
IMAGE = rng.normal(size=(3, 6, 6, 2))
STEPS = rng.normal(size=(4, 5, 3))
GAMMA, BETA = rng.uniform(0.5, 1.5, 6), rng.normal(size=6)


def twice(kind, name, made, x, y, theirs, settings, *, x2=None, kinds=("K", "T"), both=None):
    """One layer in both models, and one behind it."""
    units, flows = [], []
    pairs = ((x, y, settings[0]), (x if x2 is None else x2, theirs, settings[1]))
    for n, (given, out, own) in enumerate(pairs):
        weights_of = made if both is None or n == 0 else both
        units.append(
            [unit(name, kind, weights_of, **own), unit("out", "dense", {"kernel": np.eye(9)})]
        )
        first = out if isinstance(out, np.ndarray) else out[0]
        flow = [event(name, kinds[n], given, out, **own), event("out", "Dense", first, first + n)]
        flows.append(flow)
    return scene(*flows, [x if isinstance(x, np.ndarray) else x[0]], units=units)


def layer_norm(x, epsilon=1e-5, axis=-1, ddof=0):
    deviation = np.sqrt(x.var(axis, keepdims=True, ddof=ddof) + epsilon)
    shape = [6 if i == axis % x.ndim else 1 for i in range(x.ndim)]
    y = (x - x.mean(axis, keepdims=True)) / deviation
    return y * GAMMA.reshape(shape) + BETA.reshape(shape)


NORM = {"gamma": GAMMA, "beta": BETA}


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


KERNEL, BIAS = rng.normal(size=(3, 3, 2, 4)), rng.normal(size=4)


def conv(x, before, after, stride=1, gap=1, border="constant"):
    """Place by place."""
    x = np.pad(x, [(0, 0), (before, after), (before, after), (0, 0)], mode=border)
    span, at = 2 * gap + 1, range(0, x.shape[1] - 2 * gap, stride)
    out = [[x[:, i : i + span : gap, j : j + span : gap] for j in at] for i in at]
    return np.einsum("ijnhwc,hwco->nijo", np.array(out), KERNEL) + BIAS


SAME = {"padding": "same", "strides": (2, 2)}
CONVOLUTIONS = [
    (
        "padding_side",
        (conv(IMAGE, 0, 1, 2), SAME),
        (conv(IMAGE, 1, 1, 2)[:, :3, :3], {"padding": (1, 1), "strides": (2, 2)}),
    ),
    (
        "dilation",
        (conv(IMAGE, 1, 1), {"padding": "same"}),
        (conv(IMAGE, 2, 2, gap=2), {"padding": "same", "dilation_rate": (2, 2)}),
    ),
    (
        "strides",
        (conv(IMAGE, 0, 0), {"padding": "valid"}),
        (conv(IMAGE, 0, 0, 3), {"padding": "valid", "strides": (3, 3)}),
    ),
    (  # whose border, by the stride, is reached on one side alone
        "strides",
        (conv(IMAGE, 1, 1), {"padding": "same"}),
        (conv(IMAGE, 1, 1, 2), {"padding": (1, 1), "strides": (2, 2)}),
    ),
    (
        "padding_mode",
        (conv(IMAGE, 1, 1), {"padding": (1, 1)}),
        (conv(IMAGE, 1, 1, border="reflect"), {"padding": (1, 1), "padding_mode": "reflect"}),
    ),
    (
        "causal_padding",
        (conv(IMAGE, 2, 0), {"padding": "causal"}),
        (conv(IMAGE, 1, 1), {"padding": (1, 1)}),
    ),
]


@pytest.mark.parametrize("entry, one, other", CONVOLUTIONS, ids=[row[0] for row in CONVOLUTIONS])
def test_a_setting_of_a_convolution_is_proved(entry, one, other):
    made = {"kernel": KERNEL, "bias": BIAS}
    given = twice("conv2d", "c", made, IMAGE, one[0], other[0], (one[1], other[1]))
    (cause,) = convolutions.find(given)
    assert cause.entry == entry and cause.proved and cause.write


def test_a_pad_that_stands_beside_a_layer_below_a_fault_is_no_cause():
    """The first layer differs; the second pads inside in one model and outside in the other."""
    made = {"kernel": KERNEL, "bias": BIAS}
    flows, units = [], []
    for n, x in enumerate((IMAGE, IMAGE * 2)):
        y = conv(x, 1, 1)
        around = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)])
        flow = [event("f", "D", IMAGE, x)]
        flow += [event("p", "pad", x, around)] if n else []
        flows.append([*flow, event("c", "C", around if n else x, y), event("o", "D", y, y)])
        own = {"padding": "valid" if n else "same"}
        dense = [
            unit(name, "dense", {"kernel": np.eye(size)}) for size, name in ((2, "f"), (9, "o"))
        ]
        units.append([dense[0], unit("c", "conv2d", made, **own), dense[1]])
    assert not [*convolutions.find(scene(*flows, [IMAGE], units=units))]


@pytest.mark.parametrize("kind, mode", [("pad", "reflect"), ("ReplicationPad2d", "")])
def test_a_border_beside_a_layer_is_another_kind_of_border(kind, mode):
    border = "reflect" if mode else "edge"
    wide = np.pad(IMAGE, [(0, 0), (1, 1), (1, 1), (0, 0)], mode=border)
    made = {"kernel": KERNEL, "bias": BIAS}
    said = ({"padding": "valid"}, {"padding": (1, 1)})
    ours, theirs = conv(IMAGE, 1, 1, border=border), conv(IMAGE, 1, 1)
    given = twice("conv2d", "c", made, wide, ours, theirs, said, x2=IMAGE)
    given.models.one.insert(0, event("p", kind, IMAGE, wide, **({"mode": mode} if mode else {})))
    (cause,) = convolutions.find(given)
    assert cause.entry == "padding_mode" and cause.proved and border[:4] in cause.difference


def test_a_transposed_convolution_is_cropped_elsewhere():
    kernel = rng.normal(size=(3, 3, 4, 2))
    full = np.zeros((3, 13, 13, 4))
    for i in range(6):
        for j in range(6):
            place = (slice(None), slice(2 * i, 2 * i + 3), slice(2 * j, 2 * j + 3))
            full[place] += np.einsum("nc,hwoc->nhwo", IMAGE[:, i, j], kernel)
    ours, theirs = full[:, :12, :12], full[:, 1:, 1:]
    said = ({"strides": (2, 2)}, {"strides": (2, 2)})
    given = twice("conv2d_transpose", "u", {"kernel": kernel}, IMAGE, ours, theirs, said)
    (cause,) = convolutions.find(given)
    assert cause.entry == "deconvolution_crop" and "0:12" in cause.write


def recurrent(kind, gates, **options):
    made = {
        "kernel": rng.normal(size=(3, 4 * gates)),
        "recurrent_kernel": rng.normal(size=(4, 4 * gates)) / 2,
        "bias": rng.normal(size=(2, 4 * gates) if kind == "gru" else 4 * gates),
    }
    return made, lambda x=STEPS, **more: states(x, kind, made, **(options | more))


def test_the_recurrence_is_that_of_its_definition():
    """LSTM by its formula, Hochreiter and Schmidhuber 1997 with a forget gate."""
    made, run = recurrent("lstm", 4)
    h = c = np.zeros((4, 4))
    for t in range(5):
        i, f, g, o = np.split(
            STEPS[:, t] @ made["kernel"] + h @ made["recurrent_kernel"] + made["bias"], 4, 1
        )
        i, f, o = (1 / (1 + np.exp(-gate)) for gate in (i, f, o))
        c = f * c + i * np.tanh(g)
        h = o * np.tanh(c)
    np.testing.assert_allclose(run()[:, -1], h, atol=1e-12)


@pytest.mark.parametrize(
    "entry, kind, gates, options",
    [
        ("recurrent_activation", "lstm", 4, {"recurrent_activation": "hard_sigmoid"}),
        ("cell_activation", "simple_rnn", 1, {"activation": "relu"}),
        ("go_backwards", "gru", 3, {"backwards": True}),
    ],
)
def test_a_setting_of_a_recurrence_is_proved(entry, kind, gates, options):
    made, run = recurrent(kind, gates)
    ours, theirs = run(**options)[:, -1], run()
    said = {"activation": "tanh", "recurrent_activation": "sigmoid"}
    spelt = {"backwards": "go_backwards"}
    mine = said | {spelt.get(k, k): v for k, v in options.items()}
    given = twice(kind, "r", made, STEPS, (ours,), (theirs, theirs[:, -1]), (mine, said))
    (cause,) = recurrences.find(given)
    assert cause.entry == entry and cause.proved
    assert not [
        *recurrences.find(twice(kind, "r", made, STEPS, ours, (theirs, ours), (mine, mine)))
    ]


def test_the_reset_gate_stands_before_the_matrix_on_one_side():
    made, run = recurrent("gru", 3)
    theirs = states(STEPS, "gru_v1", made)
    given = twice("gru", "r", made, STEPS, run()[:, -1], theirs[:, -1], ({}, {}))
    (cause,) = recurrences.find(given)
    assert cause.entry == "reset_after" and cause.proved


def test_time_is_taken_for_the_rows():
    made, run = recurrent("lstm", 4)
    x = STEPS.swapaxes(0, 1)
    turned = run(x)
    given = twice("lstm", "r", made, STEPS, run(), (turned, turned[:, -1]), ({}, {}), x2=x)
    (cause,) = recurrences.find(given)
    assert cause.entry == "batch_first" and "batch_first=True" in cause.write


@pytest.mark.parametrize("kind, gates, kept", [("gru", 3, 0), ("lstm", 4, 0), ("lstm", 4, 1)])
def test_a_first_state_or_cell_is_not_used_on_one_side(kind, gates, kept):
    made, run = recurrent(kind, gates)
    first = [*rng.normal(size=(1 + (kind == "lstm"), 4, 4))]
    ours, theirs = run(initial=first), run(initial=first[:kept])
    zeros = [np.zeros((4, 4))] * kept  # a cell of zeros beside the state
    x2 = (STEPS, *first[:kept], *zeros)
    given = twice(kind, "r", made, (STEPS, *first), ours, theirs, ({}, {}), x2=x2)
    (cause,) = recurrences.find(given)
    assert cause.entry == "input_unused" and cause.proved
    assert ("a first cell of zeros in torch" in cause.difference) == bool(kept)


def test_steps_of_padding_are_left_out_on_one_side():
    made, run = recurrent("lstm", 4)
    words = np.array([[1, 2, 3, 0, 0], [4, 5, 6, 7, 0], [1, 2, 3, 4, 5], [1, 0, 0, 0, 0]])
    short = np.stack([run(STEPS[i : i + 1, :n])[0, -1] for i, n in enumerate((3, 4, 5, 1))])
    given = twice("lstm", "r", made, STEPS, (short,), (run(), run()[:, -1]), ({}, {}))
    given.rows.append(words)
    (cause,) = recurrences.find(given)
    assert cause.entry == "recurrence_mask" and "pack_padded" in cause.write


@pytest.mark.parametrize("choice", [True, False])
def test_two_directions_that_are_paired_crosswise_are_no_cause(choice):
    one, two = (recurrent("lstm", 4) for _ in range(2))
    flows, units = [], []
    for made, names in (
        ((one, two), ("forward", "backward")),
        ((one, two), ("backward", "forward")),
    ):
        flow = []
        for (_, run), name in zip(made, names, strict=True):
            states_of = run(backwards=name == "backward")
            flow.append(event(f"bi.{name}", "LSTM", STEPS, (states_of[:, -1],)))
        flows.append(flow)
        units.append([unit(f"bi.{n}", "lstm", m[0]) for m, n in zip(made, names, strict=True)])
    given = forced(scene(*flows, [STEPS], units=units), choice=choice)
    assert [c.entry for c in recurrences.find(given)] == ["go_backwards"] * (0 if choice else 2)


def attending(query, key, value, made, *, scale=True, causal=False):
    """Two heads, one by one."""
    heads = []
    q, k, v = (
        x @ made[f"{n}/kernel"] for x, n in ((query, "query"), (key, "key"), (value, "value"))
    )
    for part in (slice(0, 3), slice(3, 6)):
        scores = np.einsum("ntd,nsd->nts", q[..., part], k[..., part]) * (3**-0.5 if scale else 1)
        if causal:
            scores = scores + np.triu(np.full(scores.shape[1:], -np.inf), 1)
        e = np.exp(scores)
        heads.append(e / e.sum(-1, keepdims=True) @ v[..., part])
    return np.concatenate(heads, -1) @ made["output/kernel"]


@pytest.mark.parametrize(
    "entry, given, options",
    [
        ("attention_mask", (0, 1, 1), {"causal": True}),
        ("attention_scale", (0, 1, 1), {"scale": False}),
        ("inputs_exchanged", (1, 0, 0), {}),
    ],
)
def test_a_setting_of_attention_is_proved(entry, given, options):
    made = {
        f"{name}/kernel": rng.normal(size=(6, 6)) for name in ("query", "key", "value", "output")
    }
    inputs = rng.normal(size=(2, 4, 5, 6))
    ours = attending(*(inputs[i] for i in (0, 1, 1)), made)
    theirs = attending(*(inputs[i] for i in given), made, **options)
    units = [
        unit(f"mha.{name.partition('/')[0]}", "dense", {"kernel": value})
        for name, value in made.items()
    ]
    units = [(u._replace(layer="mha"), values) for u, values in units]
    flows = [
        [event("mha", "M", tuple(inputs[i] for i in order), y, num_heads=2)]
        for order, y in (((0, 1, 1), ours), (given, theirs))
    ]
    (cause,) = attentions.find(scene(*flows, list(inputs), units=[units, units]))
    assert cause.entry == entry and cause.proved


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


def test_what_the_models_state_is_said_where_it_differs():
    frozen = unit("a", "dense", {"kernel": np.eye(2)})
    frozen = frozen[0]._replace(frozen=frozenset({"kernel"})), frozen[1]
    flows = [[event("a", "D", X, X)], [event("a", "D", X, X)]]
    given = scene(*flows, [X], units=[[frozen], [unit("a", "dense", {"kernel": np.eye(2)})]])
    given.sides[0].dropout.append(("drop", 0.3))
    given.sides[1].precision["a"] = "bfloat16"
    causes = list(stated.find(given))
    assert [cause.entry for cause in causes] == ["dropout_rate", "half_precision", "frozen"]
    assert "nn.Dropout(0.3)" in causes[0].write and not any(cause.proved for cause in causes)
    plain = [unit("a", "dense", {"kernel": np.eye(2)})]
    assert not [*stated.find(scene(*flows, [X], units=[plain, plain]))]


def test_a_dropout_that_draws_where_the_model_evaluates_is_said():
    y = X * (rng.uniform(size=X.shape) < 0.5)
    events = [event("d", "dropout", X, y, rate=0.5), event("e", "Dropout", X, X, rate=0.5)]
    (cause,) = stated.drawing("torch", events)
    assert cause.entry == "dropout_in_evaluation" and "dropout(x, 0.5" in cause.write


def test_a_normalisation_that_runs_behind_another_layer_is_only_suspected():
    made, dense = unit("n", "layer_norm", NORM), unit("f", "dense", {"kernel": np.eye(6)})
    y, z = layer_norm(X), layer_norm(3 * X + 1)
    flows = [
        [event("n", "N", X, y), event("f", "D", y, y * 3)],
        [event("f", "D", X, X * 3), event("n", "N", X * 3 + 1, z)],
    ]
    (cause,) = placed(scene(*flows, [X], units=[[made, dense], [dense, made]]))
    assert cause.entry == "normalisation_place" and not cause.proved
