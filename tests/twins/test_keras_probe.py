"""A user's Keras model as the judge sees it, in a process of its own."""

from __future__ import annotations

import numpy as np
import pytest

from tests.twins.opened import rows_of, stack


def test_units_stand_in_the_order_of_execution_and_say_what_is_tied_and_frozen(keras_probe):
    body = """
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.last = layers.Dense(2, name="last")
        self.never = layers.Dense(3, name="never")
        self.first = layers.Dense(4, name="first", trainable=False)
        self.embed = layers.Embedding(9, 4, name="embed")
        self.never.build((None, 5))
        self.scale = self.add_weight(shape=(4,), name="scale")
    def call(self, x):
        return self.last(self.first(ops.mean(self.embed(x), axis=1)) * self.scale)
return Net()
"""
    net = keras_probe(body, (3,), tokens=(9,))
    assert [unit.name for unit in net.units] == ["net", "embed", "first", "last", "never"]
    by_name = {unit.name: unit for unit in net.units}
    assert by_name["first"].frozen == {"kernel", "bias"} and not by_name["last"].frozen
    rows = [np.random.default_rng(0).integers(0, 9, (4, 3))]
    gradients = net.gradients(rows, [np.ones((4, 2))])
    assert not any("first" in name or name.startswith("input/") for name in gradients)
    assert gradients["weight/embed/embeddings"].shape == (9, 4)
    assert not gradients["weight/never/kernel"].any()
    shared = """
one = layers.Dense(4, name="one")
class Tied(layers.Layer):
    def build(self, shape):
        self.matrix = one.kernel
    def call(self, x):
        return ops.matmul(x, ops.transpose(self.matrix))
return keras.Sequential([keras.Input((4,)), one, Tied(name="two")])
"""
    net = keras_probe(shared, (4,))
    assert {unit.name: unit.tied for unit in net.units} == {
        "one": {},
        "two": {"weight1": "one/kernel"},
    }
    rows, targets = rows_of((4,)), rows_of((4,), seed=1)
    gradients = net.gradients(rows, targets)
    np.testing.assert_array_equal(gradients["weight/one/kernel"], gradients["weight/two/weight1"])


def test_dropout_is_listed_and_off_and_what_draws_in_evaluation_draws(keras_probe):
    body = """
class Own(layers.Layer):
    def call(self, x, training=None):
        return keras.random.dropout(x, 0.25) if training else x
i = keras.Input((6, 4))
x = layers.Dropout(0.5, name="d")(layers.Dense(4)(i))
x = layers.MultiHeadAttention(2, 2, dropout=0.125, name="mha")(x, x)
x = layers.GaussianNoise(0.75, name="n")(Own(name="own")(x))
return keras.Model(i, layers.LSTM(3, recurrent_dropout=0.375, name="l")(x))
"""
    net = keras_probe(body, (6, 4))
    rates = dict(net.dropout)
    assert rates == {"d": 0.5, "mha.dropout": 0.125, "own": 0.25, "n": 0.75, "l": 0.375}
    assert len(net.notes) == 5
    rows, targets = rows_of((6, 4)), rows_of((3,), seed=1)
    one, two = (net.gradients(rows, targets) for _ in range(2))
    for name in one:
        np.testing.assert_array_equal(one[name], two[name])
    sampling = """
class Sample(layers.Layer):
    def call(self, x):
        return x + keras.random.normal(ops.shape(x))
return keras.Sequential([keras.Input((3,)), Sample(), layers.Dropout(0.5)])
"""
    net = keras_probe(sampling, (3,))
    rows = rows_of((3,))
    assert np.any(net.outputs(rows)["output"] != net.outputs(rows)["output"])


def test_narrow_layers_are_named_and_compute_in_float64_where_that_is_asked(keras_probe):
    body = """
i = keras.Input((6,), dtype="float32")
x = layers.Dense(5, activation="relu", dtype="mixed_float16", name="half")(i)
return keras.Model(i, layers.Dense(2, dtype="float32", name="out")(ops.cast(x, "float32")))
"""
    rows = rows_of((6,))
    half = keras_probe(body, (6,))
    assert half.precision == {"half": "float16"}
    wide = keras_probe(body, (6,), dtype="float64")
    wide.assign(half.values())
    plain = keras_probe(body.replace("mixed_float16", "float32"), (6,))
    plain.assign(half.values())
    outputs = [net.outputs(rows)["output"] for net in (half, plain, wide)]
    assert not wide.precision
    assert 1e-5 < np.abs(outputs[0] - outputs[2]).max() < 1e-2
    assert np.abs(outputs[1] - outputs[2]).max() < 1e-6


def test_a_loaded_model_and_a_file_of_weights(keras_probe, tmp_path):
    body = f"""
net = keras.Sequential([keras.Input((6,)), layers.Dense(5, name="a"), layers.Dense(2, name="b")])
net.save({str(tmp_path / "net.keras")!r})
net.save_weights({str(tmp_path / "net.weights.h5")!r})
return net
"""
    rows = rows_of((6,))
    made = keras_probe(body, (6,))
    loaded = f"return keras.models.load_model({str(tmp_path / 'net.keras')!r})"
    wide = keras_probe(loaded, (6,), dtype="float64")
    assert not wide.precision
    error = np.abs(made.outputs(rows)["output"] - wide.outputs(rows)["output"]).max()
    assert 0 < error < 1e-6
    fresh = keras_probe(
        stack("keras.Input((6,))", "layers.Dense(5, name='a')", "layers.Dense(2)"), (6,)
    )
    for name in ("net.keras", "net.weights.h5"):
        fresh.load(str(tmp_path / name))
        np.testing.assert_array_equal(fresh.values()["a/kernel"], made.values()["a/kernel"])
    np.savez(tmp_path / "net.npz", **made.values())
    made.load(str(tmp_path / "net.npz"))
    other = keras_probe(stack("keras.Input((6,))", "layers.Dense(4, name='a')"), (6,))
    for name in ("net.keras", "net.weights.h5", "net.npz"):
        with pytest.raises(ValueError, match=r"net|shape"):
            other = keras_probe(stack("keras.Input((6,))", "layers.Dense(4, name='a')"), (6,))
            other.load(str(tmp_path / name))


@pytest.mark.parametrize(
    ("body", "shape", "settings", "message"),
    [
        ("return 3", (2,), {}, r"keras_model\(\) in .* returns a int; let it return a keras.Model"),
        (stack("layers.Embedding(7, 2, name='e')"), (3,), {}, "'e' .* say TOKENS = 7"),
        (
            "i = keras.Input((3,), dtype='int32')\n"
            "return keras.Model(i, layers.Embedding(7, 2, name='e')(i))",
            (3,),
            {},
            "'e' .* say TOKENS = 7",
        ),
        (stack("keras.Input((4,))", "layers.Dense(2)"), (3,), {}, r"not take rows of \(2, 3\)"),
    ],
    ids=["no model", "embedding", "whole numbers", "shape"],
)
def test_what_cannot_be_asked_is_refused_in_a_sentence(keras_probe, body, shape, settings, message):
    with pytest.raises(ValueError, match=message):
        keras_probe(body, shape, **settings)


def test_events_show_activations_functions_and_nested_models(keras_probe):
    body = """
back = keras.Sequential([keras.Input((4,)), layers.Dense(3, activation="gelu", name="d")], name="b")
i = keras.Input((4,))
return keras.Model(i, ops.softmax(layers.LeakyReLU(negative_slope=0.2, name="r")(back(i))))
"""
    net = keras_probe(body, (4,))
    rows = rows_of((4,))
    events = net.events(rows)
    assert [(event.layer, event.kind) for event in events] == [
        ("b/d", "Dense"),
        ("b/d: gelu", "activation"),
        ("b", "Sequential"),
        ("r", "LeakyReLU"),
        ("softmax", "Softmax"),
    ]
    assert events[1].settings == {"approximate": False}
    assert events[3].settings["negative_slope"] == pytest.approx(0.2)
    values = net.values()
    np.testing.assert_allclose(
        events[0].outputs[0], rows[0] @ values["b/d/kernel"] + values["b/d/bias"], atol=1e-6
    )
    assert net.units[0].layer == net.units[0].name == "b/d"
