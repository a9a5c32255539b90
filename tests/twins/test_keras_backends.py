"""A user's Keras model on each backend: every kind of layer, float64, gradients, channels first."""

from __future__ import annotations

import numpy as np
import pytest

from common.framework import frameworks
from common.twins.layers import AXES
from tests.twins.opened import BACKENDS, rows_of, stack

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
def test_every_weight_is_in_a_unit_of_its_kind_and_float64_is_float64(keras_probe, name):
    shape, layers, kinds = ZOO[name]
    body, rows = stack(layers), rows_of(shape)
    single = keras_probe(body, shape, more=TWICE)
    values = single.values()
    assert single.kinds == kinds and set(single.kinds.values()) - {"other"} <= set(AXES)
    for unit in single.units:
        for role, size in unit.weights.items():
            assert values[f"{unit.name}/{role}"].shape == size
    rng = np.random.default_rng(1)
    drawn = {k: np.float32(rng.uniform(0.1, 0.6, v.shape)) for k, v in values.items()}
    results = {}
    for backend in BACKENDS if not frameworks()["keras:jax"].missing else BACKENDS[:1]:
        other = keras_probe(body, shape, framework=backend, more=TWICE, dtype="float64")
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


def test_gradients_are_those_of_finite_differences(keras_probe):
    body = stack("layers.Dense(4, activation='tanh', name='a')", "layers.GRU(3, name='g')")
    for backend in BACKENDS[:2]:
        net = keras_probe(body, (3, 2), framework=backend, dtype="float64")
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


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_number_in_a_layer_is_no_float32_in_float64(keras_probe, backend):
    body = stack("keras.Input((3,))", "layers.Rescaling(1 / 255, 0.1)")
    (x,) = rows = rows_of((3,))
    output = keras_probe(body, (3,), framework=backend, dtype="float64").outputs(rows)["output"]
    assert np.abs(output - (x * (1 / 255) + 0.1)).max() < 1e-16


@pytest.mark.parametrize("framework", ["keras", "keras:jax"])
@pytest.mark.parametrize("layer", ["Conv2D", "Conv2DTranspose"])
def test_channels_first_runs_on_a_cpu_and_shows_channels_last(keras_probe, framework, layer):
    body = stack(f"layers.{layer}(3, 2, data_format='channels_first', name='c')")
    first = keras_probe(body, (5, 4, 2), framework=framework, dtype="float64")
    last = keras_probe(body.replace("first", "last"), (5, 4, 2), dtype="float64")
    last.assign(first.values())
    rows = rows_of((5, 4, 2))
    mine, theirs = first.events(rows)[0], last.events(rows)[0]
    np.testing.assert_allclose(mine.outputs[0], theirs.outputs[0], rtol=1e-11, atol=1e-12)
    np.testing.assert_array_equal(mine.inputs[0], rows[0])
    np.testing.assert_allclose(first.replay("c", mine.inputs)[0], mine.outputs[0], atol=1e-12)
