"""A user's Keras model as the judge sees it, in processes of its backends."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.harness.process import Child
from common.framework import frameworks
from common.twins.layers import AXES
from common.twins.probe import Setup

BACKENDS = ("keras", "keras:jax", "keras:torch")
PROBES = "benchmarks.twins.probes"

pytestmark = pytest.mark.skipif(bool(frameworks()["keras"].missing), reason="needs Keras")


@pytest.fixture(scope="module")
def children():
    started = {}

    def child(framework):
        if frameworks()[framework].missing:
            pytest.skip(frameworks()[framework].not_installed)
        if framework not in started:
            started[framework] = Child(framework, threads=1)
        return started[framework]

    yield child
    for one in started.values():
        one.close()


class Opened:
    """A probe in a child: its facts are attributes, its methods are called there."""

    def __init__(self, child, setup):
        self.child = child
        self.number, facts = child.call(f"{PROBES}:open_probe", setup)
        self.__dict__.update(facts)

    def __getattr__(self, method):
        return lambda *args: self.child.call(f"{PROBES}:ask", self.number, method, *args)

    @property
    def kinds(self):
        return {unit.name: unit.kind for unit in self.units}


@pytest.fixture
def probe(children, tmp_path):
    """The probe of a model: the body of `keras_model`, or a whole file."""

    def opened(body, *shapes, framework="keras", more="", **settings):
        path = tmp_path / "mine_twins.py"
        lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
        path.write_text(
            f"{more}\n\ndef keras_model():\n    import keras\n    from keras import layers, ops\n"
            f"{lines}\n"
        )
        target = tmp_path / f"{len(list(tmp_path.iterdir()))}_twins.py"  # a path is read once
        path.rename(target)
        return Opened(children(framework), Setup(str(target), framework, shapes, **settings))

    return opened


def rows_of(*shapes, n=4, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(n, *shape)) for shape in shapes]


def stack(*layers):
    return "return keras.Sequential([" + ", ".join(layers) + "])"


ZOO = {
    "einsum": (
        (5, 6),
        "layers.EinsumDense('abc,cde->abde', (None, 2, 4), bias_axes='de', name='one'), "
        "layers.EinsumDense('abde,def->abf', (None, 3), bias_axes='f', name='two')",
        {"one": "dense", "two": "dense"},
    ),
    "attention": (
        (5, 6),
        "layers.Dense(6, name='d'), Twice(layers.MultiHeadAttention(2, 3, name='mha')), "
        "Twice(layers.GroupQueryAttention(3, 4, 2, name='gqa'))",
        {
            "d": "dense",
            **{
                f"twice{n}/{layer}.{part}": "dense"
                for n, layer in (("", "mha"), ("_1", "gqa"))
                for part in ("query", "key", "value", "attention_output")
            },
        },
    ),
    "convolutions": (
        (8, 8, 4),
        "layers.Conv2D(8, 3, groups=2, name='grouped'), layers.Conv2D(8, 3, groups=8, name='each'),"
        "layers.SeparableConv2D(6, 3, depth_multiplier=2, padding='same', name='sep'), "
        "layers.Conv2DTranspose(4, 2, name='up'), layers.PReLU(shared_axes=[1, 2], name='p'), "
        "layers.DepthwiseConv2D(2, depth_multiplier=2, name='dw'), "
        "layers.GroupNormalization(2, name='gn')",
        {
            "grouped": "conv2d",
            "each": "depthwise_conv2d",
            "sep.depthwise": "depthwise_conv2d",
            "sep.pointwise": "conv2d",
            "up": "conv2d_transpose",
            "p": "prelu",
            "dw": "depthwise_conv2d",
            "gn": "group_norm",
        },
    ),
    "one and three dimensions": (
        (4, 6, 6, 2),
        "layers.Conv3D(3, 2, name='c3'), layers.Conv3DTranspose(2, 2, name='t3'), "
        "layers.Reshape((-1, 2)), layers.Conv1DTranspose(3, 2, name='t1'), "
        "layers.DepthwiseConv1D(3, depth_multiplier=2, name='dw1'), "
        "layers.SeparableConv1D(4, 3, name='s1')",
        {
            "c3": "conv3d",
            "t3": "conv3d_transpose",
            "t1": "conv1d_transpose",
            "dw1": "depthwise_conv1d",
            "s1.depthwise": "depthwise_conv1d",
            "s1.pointwise": "conv1d",
        },
    ),
    "recurrent": (
        (5, 3),
        "layers.Bidirectional(layers.GRU(4, return_sequences=True, reset_after=False), name='bi'), "
        "layers.RNN([layers.LSTMCell(3, name='a'), layers.SimpleRNNCell(4, name='b')], "
        "return_sequences=True, name='deep'), layers.SimpleRNN(3, return_sequences=True, name='s'),"
        "layers.TimeDistributed(layers.Dense(3, activation='tanh', name='inner'), name='td'), "
        "layers.GRU(3, go_backwards=True, name='g')",
        {
            "bi.forward": "gru_v1",
            "bi.backward": "gru_v1",
            "deep.a": "lstm",
            "deep.b": "simple_rnn",
            "s": "simple_rnn",
            "td.inner": "dense",
            "g": "gru",
        },
    ),
    "normalisations": (
        (6, 4),
        "layers.BatchNormalization(scale=False, name='bn'), layers.LayerNormalization(name='ln'), "
        "layers.RMSNormalization(name='rms'), layers.UnitNormalization(), "
        "layers.SpectralNormalization(layers.Dense(4, name='sd'), name='sn'), layers.Softmax()",
        {
            "bn": "batch_norm",
            "ln": "layer_norm",
            "rms": "rms_norm",
            "sn": "other",
            "sn.sd": "dense",
        },
    ),
}
TWICE = """\
def Twice(layer):
    import keras
    class Twice(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.inner = layer
        def build(self, shape):
            self.inner.build(shape, shape)
        def call(self, x):
            return x + self.inner(x, x)
    return Twice()
"""


@pytest.mark.parametrize("name", ZOO)
def test_every_weight_is_in_a_unit_of_its_kind_and_float64_is_float64(probe, name):
    shape, layers, kinds = ZOO[name]
    body, rows = stack(layers), rows_of(shape)
    single = probe(body, shape, more=TWICE)
    values = single.values()
    assert single.kinds == kinds and set(single.kinds.values()) - {"other"} <= set(AXES)
    for unit in single.units:
        for role, size in unit.weights.items():
            assert values[f"{unit.name}/{role}"].shape == size
    rng = np.random.default_rng(1)
    drawn = {k: np.float32(rng.uniform(0.1, 0.6, v.shape)) for k, v in values.items()}
    results = {}
    for backend in BACKENDS if not frameworks()["keras:jax"].missing else BACKENDS[:1]:
        other = probe(body, shape, framework=backend, more=TWICE, dtype="float64")
        assert other.kinds == kinds
        in_float32 = set(other.precision.values()) == {"float32"}
        assert in_float32 == (name == "attention" and backend == "keras:jax")
        other.assign(drawn)
        for key, value in other.values().items():
            np.testing.assert_array_equal(value, drawn[key])
        results[backend] = other.outputs(rows)["output"]
        scale = np.abs(results[backend]).max()
        # JAX takes the softmax of an attention in float32, whatever goes in
        bound = 1e-6 if name == "attention" else 1e-11
        assert np.abs(results[backend] - results["keras"]).max() <= bound * scale, backend
    single.assign(drawn)
    error = np.abs(single.outputs(rows)["output"] - results["keras"]).max() / scale
    assert error <= 1e-5
    events = single.events(rows)
    for event in events:
        if event.kind != "SpectralNormalization":
            if event.layer.startswith("td.inner: "):
                continue  # called once a step and shown as one
            again = single.replay(event.layer, event.inputs)
            for mine, theirs in zip(again, event.outputs, strict=True):
                np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-5)
    shown = {event.layer for event in events}
    assert {unit.layer for unit in single.units} <= shown


def test_units_stand_in_the_order_of_execution_and_say_what_is_tied_and_frozen(probe):
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
    net = probe(body, (3,), tokens=(9,))
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
    net = probe(shared, (4,))
    assert {unit.name: unit.tied for unit in net.units} == {
        "one": {},
        "two": {"weight1": "one/kernel"},
    }
    rows, targets = rows_of((4,)), rows_of((4,), seed=1)
    gradients = net.gradients(rows, targets)
    np.testing.assert_array_equal(gradients["weight/one/kernel"], gradients["weight/two/weight1"])


def test_gradients_are_those_of_finite_differences(probe):
    body = stack("layers.Dense(4, activation='tanh', name='a')", "layers.GRU(3, name='g')")
    for backend in BACKENDS[:2]:
        net = probe(body, (3, 2), framework=backend, dtype="float64")
        rows, targets = rows_of((3, 2)), rows_of((3,), seed=1)
        exact = net.gradients(rows, targets)
        step = 1e-6
        for at in [(0, 0, 0), (3, 2, 1)]:
            values = []
            for sign in (1, -1):
                moved = rows[0].copy()
                moved[at] += sign * step
                values.append(net.gradients([moved], targets)["loss"])
            slope = (values[0] - values[1]) / (2 * step)
            assert slope == pytest.approx(exact["input/1"][at], abs=1e-8)
        expected = (net.outputs(rows)["output"] * targets[0]).sum() / 4
        assert exact["loss"] == pytest.approx(expected, rel=1e-12)


def log_softmax(x):
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def huber(e, delta):
    return np.where(np.abs(e) <= delta, e**2 / 2, delta * (np.abs(e) - delta / 2))


CLASSES = np.array([0, 2, 1, 2])
ONE_HOT = np.eye(3)[CLASSES]
LOSSES = {
    "mean_squared_error": (lambda y, t: ((y - t) ** 2).mean(), {}),
    "mean_absolute_error": (lambda y, t: np.abs(y - t).mean(), {}),
    "huber": (lambda y, t: huber(y - t, 0.5).mean(), {"delta": 0.5}),
    "log_cosh": (lambda y, t: np.log(np.cosh(y - t)).mean(), {}),
    "hinge": (lambda y, t: np.maximum(1 - t * y, 0).mean(), {}),
    "squared_hinge": (lambda y, t: (np.maximum(1 - t * y, 0) ** 2).mean(), {}),
    "poisson": (lambda y, t: (y - t * np.log(y + 1e-7)).mean(), {}),
    "cosine_similarity": (
        lambda y, t: -((y * t).sum(-1) / np.linalg.norm(y, axis=-1) / np.linalg.norm(t, axis=-1)),
        {},
    ),
    "kl_divergence": (lambda y, t: (t * np.log(t / y)).sum(-1).mean(), {}),
    "binary_crossentropy": (lambda y, t: (np.log1p(np.exp(y)) - t * y).mean(), {}),
    "projection": (lambda y, t: (y * t).sum() / len(y), {}),
}


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_is_that_of_its_formula(probe, name):
    formula, options = LOSSES[name]
    last = "softmax" if name == "kl_divergence" else "softplus"
    body = stack(f"layers.Dense(3, activation='{last}')")
    net = probe(body, (2,), loss=name, loss_options=options, dtype="float64")
    rows = rows_of((2,))
    y = net.outputs(rows)["output"]
    t = {
        "hinge": np.sign(rows_of((3,), seed=1)[0]),
        "squared_hinge": np.sign(rows_of((3,), seed=1)[0]),
        "kl_divergence": np.full((4, 3), 0.3),
    }.get(name, np.abs(rows_of((3,), seed=1)[0]))
    loss = net.gradients(rows, [t])["loss"]
    # Keras has float32 constants in a few: the logarithm of 2, its epsilon
    rounded = name in ("log_cosh", "poisson")
    assert loss == pytest.approx(np.mean(formula(y, t)), rel=1e-6 if rounded else 1e-9)


@pytest.mark.parametrize("targets", [CLASSES, ONE_HOT], ids=["classes", "one hot"])
@pytest.mark.parametrize(
    ("options", "smoothed", "weights"),
    [
        ({}, ONE_HOT, [1, 1, 1]),
        ({"label_smoothing": 0.3}, 0.7 * ONE_HOT + 0.1, [1, 1, 1]),
        ({"class_weight": [1.0, 2.0, 5.0]}, ONE_HOT, [1, 2, 5]),
    ],
    ids=["plain", "smoothed", "weighted"],
)
def test_categorical_crossentropy_and_its_options(probe, targets, options, smoothed, weights):
    body = stack("layers.Dense(3, kernel_regularizer=keras.regularizers.L2(0.1), name='d')")
    name = "categorical_crossentropy"
    net = probe(body, (2,), loss=name, loss_options=options, dtype="float64")
    rows = rows_of((2,))
    each = -(smoothed * log_softmax(net.outputs(rows)["output"])).sum(-1)
    penalty = 0.1 * (net.values()["d/kernel"] ** 2).sum()
    expected = (each * np.array(weights)[CLASSES]).mean() + penalty
    # the factor of a regulariser is float32 in TensorFlow
    assert net.gradients(rows, [targets])["loss"] == pytest.approx(expected, rel=1e-8)


def test_dropout_is_listed_and_off_and_what_draws_in_evaluation_draws(probe):
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
    net = probe(body, (6, 4))
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
    net = probe(sampling, (3,))
    rows = rows_of((3,))
    assert np.any(net.outputs(rows)["output"] != net.outputs(rows)["output"])


def test_narrow_layers_are_named_and_compute_in_float64_where_that_is_asked(probe):
    body = """
i = keras.Input((6,), dtype="float32")
x = layers.Dense(5, activation="relu", dtype="mixed_float16", name="half")(i)
return keras.Model(i, layers.Dense(2, dtype="float32", name="out")(ops.cast(x, "float32")))
"""
    rows = rows_of((6,))
    half = probe(body, (6,))
    assert half.precision == {"half": "float16"}
    wide = probe(body, (6,), dtype="float64")
    wide.assign(half.values())
    plain = probe(body.replace("mixed_float16", "float32"), (6,))
    plain.assign(half.values())
    outputs = [net.outputs(rows)["output"] for net in (half, plain, wide)]
    assert not wide.precision
    assert 1e-5 < np.abs(outputs[0] - outputs[2]).max() < 1e-2
    assert np.abs(outputs[1] - outputs[2]).max() < 1e-6


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_number_in_a_layer_is_no_float32_in_float64(probe, backend):
    body = stack("keras.Input((3,))", "layers.Rescaling(1 / 255, 0.1)")
    (x,) = rows = rows_of((3,))
    output = probe(body, (3,), framework=backend, dtype="float64").outputs(rows)["output"]
    assert np.abs(output - (x * (1 / 255) + 0.1)).max() < 1e-16


def test_a_loaded_model_and_a_file_of_weights(probe, tmp_path):
    body = f"""
net = keras.Sequential([keras.Input((6,)), layers.Dense(5, name="a"), layers.Dense(2, name="b")])
net.save({str(tmp_path / "net.keras")!r})
net.save_weights({str(tmp_path / "net.weights.h5")!r})
return net
"""
    rows = rows_of((6,))
    made = probe(body, (6,))
    loaded = f"return keras.models.load_model({str(tmp_path / 'net.keras')!r})"
    wide = probe(loaded, (6,), dtype="float64")
    assert not wide.precision
    error = np.abs(made.outputs(rows)["output"] - wide.outputs(rows)["output"]).max()
    assert 0 < error < 1e-6
    fresh = probe(stack("keras.Input((6,))", "layers.Dense(5, name='a')", "layers.Dense(2)"), (6,))
    for name in ("net.keras", "net.weights.h5"):
        fresh.load(str(tmp_path / name))
        np.testing.assert_array_equal(fresh.values()["a/kernel"], made.values()["a/kernel"])
    np.savez(tmp_path / "net.npz", **made.values())
    made.load(str(tmp_path / "net.npz"))
    other = probe(stack("keras.Input((6,))", "layers.Dense(4, name='a')"), (6,))
    for name in ("net.keras", "net.weights.h5", "net.npz"):
        with pytest.raises(ValueError, match=r"net|shape"):
            other = probe(stack("keras.Input((6,))", "layers.Dense(4, name='a')"), (6,))
            other.load(str(tmp_path / name))


def test_a_step_is_the_optimisers(probe):
    more = """
def make():
    import keras
    return keras.optimizers.AdamW(0.01, weight_decay=0.1)
OPTIMIZER = {"keras": make}
"""
    net = probe(stack("layers.Dense(3, name='d')"), (2,), more=more, dtype="float64")
    rows, targets = rows_of((2,)), rows_of((3,), seed=1)
    before, gradients = net.values()["d/kernel"], net.gradients(rows, targets)["weight/d/kernel"]
    after = net.step(rows, targets)
    expected = before * (1 - 0.001) - 0.01 * gradients / (np.abs(gradients) + 1e-7 / 0.001**0.5)
    np.testing.assert_allclose(after["d/kernel"], expected, atol=1e-7)
    np.testing.assert_allclose(after["slot/first/d/kernel"], 0.1 * gradients, rtol=1e-6)
    np.testing.assert_allclose(after["slot/second/d/kernel"], 0.001 * gradients**2, rtol=1e-5)
    settings = net.optimizer_settings()
    assert settings["class"] == "AdamW" and settings["weight_decay"] == 0.1
    assert net.loss_alone(*targets, *targets) == pytest.approx(np.sum(targets[0] ** 2) / 4)
    plain = probe(stack("layers.BatchNormalization(name='n')"), (2,))
    moving = plain.values()["n/moving_mean"]
    plain.gradients(rows, [rows[0]])
    np.testing.assert_array_equal(plain.values()["n/moving_mean"], moving)
    assert np.any(plain.step(rows, [rows[0]])["n/moving_mean"] != moving)


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
def test_what_cannot_be_asked_is_refused_in_a_sentence(probe, body, shape, settings, message):
    with pytest.raises(ValueError, match=message):
        probe(body, shape, **settings)


@pytest.mark.parametrize("framework", ["keras", "keras:jax"])
@pytest.mark.parametrize("layer", ["Conv2D", "Conv2DTranspose"])
def test_channels_first_runs_on_a_cpu_and_shows_channels_last(probe, framework, layer):
    body = stack(f"layers.{layer}(3, 2, data_format='channels_first', name='c')")
    first = probe(body, (5, 4, 2), framework=framework, dtype="float64")
    last = probe(body.replace("first", "last"), (5, 4, 2), dtype="float64")
    last.assign(first.values())
    rows = rows_of((5, 4, 2))
    mine, theirs = first.events(rows)[0], last.events(rows)[0]
    np.testing.assert_allclose(mine.outputs[0], theirs.outputs[0], rtol=1e-11, atol=1e-12)
    np.testing.assert_array_equal(mine.inputs[0], rows[0])
    np.testing.assert_allclose(first.replay("c", mine.inputs)[0], mine.outputs[0], atol=1e-12)


def test_events_show_activations_functions_and_nested_models(probe):
    body = """
back = keras.Sequential([keras.Input((4,)), layers.Dense(3, activation="gelu", name="d")], name="b")
i = keras.Input((4,))
return keras.Model(i, ops.softmax(layers.LeakyReLU(negative_slope=0.2, name="r")(back(i))))
"""
    net = probe(body, (4,))
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
