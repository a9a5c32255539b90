"""The probe of JAX: models of Flax NNX and of plain JAX, asked in a process of their own."""

from __future__ import annotations

import numpy as np
import pytest

from tests.twins.opened import rows_of


def test_units_stand_in_the_order_of_execution_with_canonical_shapes(jax_probe):
    probe = jax_probe(
        """
        self.last = nnx.Linear(4, 2, rngs=rngs)
        self.table = nnx.Param(jnp.ones(4))
        self.deep = nnx.Conv(2, 2, 3, feature_group_count=2, rngs=rngs)
        self.up = nnx.ConvTranspose(2, 4, (3,), rngs=rngs)
        self.drop = nnx.Dropout(0.4, rngs=rngs)
        """,
        """
        x = self.drop(self.up(self.deep(x)).mean(1)) * self.table
        return self.last(x)
        """,
        shapes=((6, 2),),
    )
    assert [unit.name for unit in probe.units] == ["Net", "deep", "up", "last"]
    shapes = {f"{u.name}/{role}": shape for u in probe.units for role, shape in u.weights.items()}
    assert shapes["deep/kernel"] == (3, 2, 1) and shapes["up/kernel"] == (3, 4, 2)
    assert shapes["Net/weight1"] == (4,)
    assert probe.kinds == {
        "Net": "other",
        "deep": "depthwise_conv1d",
        "up": "conv1d_transpose",
        "last": "dense",
    }
    assert probe.dropout == [("drop", 0.4)] and "'drop'" in probe.notes[0]


ALL = (
    """
    self.embed = nnx.Embed(11, 4, rngs=rngs)
    self.mha = nnx.MultiHeadAttention(2, 4, qkv_features=6, decode=False, rngs=rngs)
    self.norm = nnx.BatchNorm(4, momentum=0.9, rngs=rngs)
    self.lstm = nnx.Bidirectional(
        nnx.RNN(nnx.LSTMCell(4, 3, rngs=rngs)), nnx.RNN(nnx.OptimizedLSTMCell(4, 3, rngs=rngs))
    )
    self.gru = nnx.RNN(nnx.GRUCell(6, 3, rngs=rngs), reverse=True)
    self.out = nnx.Linear(3, 2, rngs=rngs)
    """,
    """
    x = self.norm(self.mha(self.embed(words)) + more)
    x = nnx.gelu(self.gru(self.lstm(x))[:, -1])
    return {"b": self.out(x), "a": x}
    """,
)


def open_all(jax_probe, **setup):
    return jax_probe(*ALL, inputs="words, more", shapes=((5,), (5, 4)), tokens=(11, 0), **setup)


def all_rows():
    return [np.random.default_rng(3).integers(0, 11, (4, 5)), *rows_of((5, 4))]


def test_a_models_parts_are_known_and_their_weights_go_round(jax_probe):
    probe = open_all(jax_probe)
    assert probe.kinds == {
        "embed": "embedding",
        "mha.query": "dense",
        "mha.key": "dense",
        "mha.value": "dense",
        "mha.out": "dense",
        "norm": "batch_norm",
        "lstm.forward_rnn": "lstm",
        "lstm.backward_rnn": "lstm",
        "gru": "gru",
        "out": "dense",
    }
    norm = next(unit for unit in probe.units if unit.name == "norm")
    assert norm.frozen == {"moving_mean", "moving_variance"}
    assert norm.settings["momentum"] == 0.9
    before = probe.values()
    rng = np.random.default_rng(0)
    drawn = {name: rng.uniform(0.5, 1, value.shape) for name, value in before.items()}
    probe.assign(drawn)
    after = probe.values()
    for name, value in drawn.items():
        np.testing.assert_array_equal(after[name], value.astype(np.float32))
    outputs = probe.outputs(all_rows())
    assert list(outputs) == ["b", "a"] and outputs["b"].dtype == np.float64


def test_in_float64_rounding_is_gone_and_gradients_are_differences(jax_probe):
    narrow, wide = (open_all(jax_probe, dtype=dtype) for dtype in ("float32", "float64"))
    rows, values = all_rows(), narrow.values()
    rows[1] = rows[1].astype(np.float32).astype(np.float64)
    wide.assign(values)
    one, other = (probe.outputs(rows) for probe in (narrow, wide))
    assert 0 < np.abs(one["b"] - other["b"]).max() < 1e-5
    targets = rows_of((2,), (3,), seed=1)
    graded = wide.gradients(rows, targets)
    assert "input/2" in graded and "input/1" not in graded
    assert all(np.array_equal(v, values[k]) for k, v in wide.values().items())

    def loss(rows):
        return wide.gradients(rows, targets)["loss"]

    step = np.zeros_like(rows[1])
    step[1, 2, 3] = 1e-5
    slope = (loss([rows[0], rows[1] + step]) - loss([rows[0], rows[1] - step])) / 2e-5
    assert graded["input/2"][1, 2, 3] == pytest.approx(slope, rel=1e-6)
    for name in ("gru/recurrent_kernel", "lstm.backward_rnn/kernel", "mha.out/kernel"):
        first = (0,) * values[name].ndim
        ends = []
        for sign in (1, -1):
            moved = values[name].copy()
            moved[first] += sign * 1e-5
            wide.assign({name: moved})
            ends.append(loss(rows))
        wide.assign({name: values[name]})
        slope = (ends[0] - ends[1]) / 2e-5
        assert graded[f"weight/{name}"][first] == pytest.approx(slope, rel=1e-5), name


def test_gates_stand_in_keras_order(jax_probe):
    """The formulas of Keras's LSTM and GRU in NumPy, on the canonical weights."""
    probe = jax_probe(
        "self.lstm = nnx.RNN(nnx.OptimizedLSTMCell(3, 2, rngs=rngs))\n"
        "self.gru = nnx.RNN(nnx.GRUCell(3, 2, rngs=rngs))",
        "return self.lstm(x), self.gru(x)",
        shapes=((4, 3),),
        dtype="float64",
    )
    rng = np.random.default_rng(0)
    values = {k: rng.normal(size=v.shape) for k, v in probe.values().items()}
    probe.assign(values)
    (x,) = rows_of((4, 3))

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    h = c = g = np.zeros((len(x), 2))
    for t in range(4):
        at = x[:, t] @ values["lstm/kernel"] + h @ values["lstm/recurrent_kernel"]
        i, f, new, o = np.split(at + values["lstm/bias"], 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(new)
        h = sigmoid(o) * np.tanh(c)
        given = x[:, t] @ values["gru/kernel"] + values["gru/bias"]
        z, r, new = np.split(given, 3, axis=1)
        uz, ur, un = np.split(g @ values["gru/recurrent_kernel"], 3, axis=1)
        z, r = sigmoid(z + uz), sigmoid(r + ur)
        g = z * g + (1 - z) * np.tanh(new + r * un)
    outputs = probe.outputs([x])
    np.testing.assert_allclose(outputs["output 1"][:, -1], h, atol=1e-12)
    np.testing.assert_allclose(outputs["output 2"][:, -1], g, atol=1e-12)


def test_events_show_modules_and_functions_and_a_layer_answers_alone(jax_probe):
    probe = jax_probe(
        "self.d = nnx.Linear(5, 3, rngs=rngs)\nself.seq = nnx.Sequential(nnx.relu, nnx.gelu)",
        "return jnp.clip(self.seq(self.d(x)), 0, 6)",
    )
    rows = rows_of((5,))
    events = {event.layer: event for event in probe.events(rows)}
    assert list(events) == ["d", "seq: relu", "seq: gelu", "seq", "Net: clip", "Net"]
    assert events["seq: gelu"].settings["approximate"] is True
    assert events["d"].kind == "Linear" and events["d"].outputs[0].dtype == np.float64
    for layer, event in events.items():
        (again,) = probe.replay(layer, event.inputs)
        np.testing.assert_allclose(again, event.outputs[0], atol=1e-6)
    with pytest.raises(ValueError, match="'nobody'"):
        probe.replay("nobody", rows)


def test_a_model_that_draws_goes_on_drawing(jax_probe):
    probe = jax_probe(
        "self.noise = rngs.fork()",
        "return x + jax.random.normal(self.noise.default(), x.shape)",
    )
    one, other = (probe.outputs(rows_of((5,)))["output"] for _ in range(2))
    assert np.abs(one - other).max() > 0.1


def test_a_memory_under_two_names_is_tied(jax_probe):
    probe = jax_probe(
        "self.a = nnx.Linear(5, 5, use_bias=False, rngs=rngs)\n"
        "self.b = nnx.Linear(5, 5, use_bias=False, rngs=rngs)\n"
        "self.b.kernel = self.a.kernel",
        "return self.b(self.a(x))",
    )
    assert [dict(unit.tied) for unit in probe.units] == [{}, {"kernel": "a/kernel"}]
    graded = probe.gradients(rows_of((5,)), rows_of((5,)))
    np.testing.assert_array_equal(graded["weight/a/kernel"], graded["weight/b/kernel"])


PLAIN = """
params = {"hidden": {"w": jnp.ones((5, 4)), "b": jnp.zeros(4)}, "scale": jnp.ones(4)}

def apply(params, x):
    x = x @ params["hidden"]["w"] + params["hidden"]["b"]
    return jax.nn.relu(x) * params["scale"]

return apply, params
"""


def test_plain_jax_is_a_function_and_its_arrays(jax_probe):
    probe = jax_probe.of_body(PLAIN, dtype="float64")
    assert probe.kinds == {"hidden": "dense", "params": "other"}
    rows, targets = rows_of((5,)), rows_of((4,), seed=1)
    graded = probe.gradients(rows, targets)
    hidden = np.maximum(rows[0].sum(1, keepdims=True), 0) * np.ones(4)
    np.testing.assert_allclose(graded["weight/params/weight1"], (hidden * targets[0]).sum(0) / 4)
    assert [event.layer for event in probe.events(rows)] == ["model: relu"]


def test_code_that_looks_at_values_is_not_compiled(jax_probe):
    probe = jax_probe("pass", "return x * (2.0 if float(x.sum()) > 0 else 1.0)")
    (x,) = rows_of((5,))
    factor = 2.0 if x.sum() > 0 else 1.0
    np.testing.assert_allclose(probe.outputs([x])["output"], factor * x, rtol=1e-6)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("return 3", "jax_model.. gives a int"),
        ("import flax.no", "flax is not installed"),
    ],
)
def test_what_is_no_model_is_refused_in_a_sentence(jax_probe, body, words):
    with pytest.raises((ValueError, ImportError), match=words):
        jax_probe.of_body(body)
