"""A layer with several wrong settings: the line to write has each of them, in every framework."""

from __future__ import annotations

from itertools import permutations

import pytest

from benchmarks.twins.cause import lines_to_write
from benchmarks.twins.judge import judge
from common.framework import frameworks

NAMES = "keras", "torch", "jax"
pytestmark = pytest.mark.skipif(
    any(frameworks()[name].missing for name in NAMES), reason="needs all three frameworks"
)
FILE = """\
INPUT, LOSS = {shape}, "mean_squared_error"


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential([keras.Input(INPUT), {keras}])


def torch_model():
    from torch import nn

    class Last(nn.Module):
        def forward(self, outputs):
            return outputs[0][:, -1]

    class Turn(nn.Module):
        def forward(self, x):
            return x.transpose(1, 2)

    return nn.Sequential({torch})


def jax_model():
    from flax import nnx

    rngs = nnx.Rngs(0)
    return nnx.Sequential({jax})
"""
NORM = {
    "keras": "layers.Dense(5), layers.BatchNormalization(epsilon={0}, momentum={1}), "
    "layers.Dense(3)",
    "torch": "nn.Linear(6, 5), nn.BatchNorm1d(5, eps={0}, momentum=round(1 - {1}, 9)), "
    "nn.Linear(5, 3)",
    "jax": "nnx.Linear(6, 5, rngs=rngs), nnx.BatchNorm(5, epsilon={0}, momentum={1}, rngs=rngs), "
    "nnx.Linear(5, 3, rngs=rngs)",
}
RIGHT, WRONG = ("1e-3", "0.95"), ("1e-5", "0.9")
WHOLE = {
    "keras": "layers.BatchNormalization(epsilon=1e-3, momentum=0.95)",
    "torch": "nn.BatchNorm1d(5, eps=1e-3, momentum=0.05)",
    "jax": "nnx.BatchNorm(5, epsilon=1e-3, momentum=0.95, rngs=rngs)",
}
EPSILON = {
    "keras": "layers.BatchNormalization(epsilon=1e-3)",
    "torch": "nn.BatchNorm1d(5, eps=1e-3)",
    "jax": "nnx.BatchNorm(5, epsilon=1e-3, rngs=rngs)",
}


def judged(twin_process, tmp_path, names, shape, **models):
    path = tmp_path / "several.py"
    path.write_text(FILE.format(shape=shape, **{**dict.fromkeys(NAMES, ""), **models}))
    return judge(path, names, children={name: twin_process(name) for name in names})


def written(judgement):
    return [line for line in lines_to_write(judgement.causes) if line]


@pytest.mark.parametrize("one, other", list(permutations(NAMES, 2)))
def test_epsilon_and_momentum_are_one_line(twin_process, tmp_path, one, other):
    """And of a layer with one wrong setting the other, which is spelt otherwise, is left alone."""

    def causes(*settings):
        models = {one: NORM[one].format(*RIGHT), other: NORM[other].format(*settings)}
        return judged(twin_process, tmp_path, (one, other), (6,), **models)

    both = causes(*WRONG)
    assert [(c.entry, c.proved) for c in both.causes] == [("epsilon", True), ("momentum", True)]
    assert written(both) == [WHOLE[other]] and {c.write for c in both.causes} == {WHOLE[other]}
    assert written(causes(WRONG[0], RIGHT[1])) == [EPSILON[other]]


CAUSAL = "layers.Conv1D(4, 3, dilation_rate=2, padding='causal'), layers.GlobalMaxPooling1D()"
THREE = {
    "a convolution in PyTorch": (
        ("keras", "torch"),
        {
            "keras": f"{CAUSAL}, layers.Dense(3)",
            "torch": "Turn(), nn.Conv1d(2, 4, 3, padding=1, padding_mode='reflect'), "
            "nn.AdaptiveMaxPool1d(1), nn.Flatten(), nn.Linear(4, 3)",
        },
        {"padding_mode", "causal_padding", "dilation"},
        "nn.functional.pad(x, (4, 0)) before the layer, and dilation=(2,), padding=0 in it",
    ),
    "a convolution in JAX": (
        ("keras", "jax"),
        {
            "keras": "layers.Conv1D(4, 3, strides=2, padding='causal'), "
            "layers.GlobalAveragePooling1D(), layers.Dense(3)",
            "jax": "nnx.Conv(2, 4, (3,), kernel_dilation=2, rngs=rngs), lambda x: x.mean(1), "
            "nnx.Linear(4, 3, rngs=rngs)",
        },
        {"strides", "causal_padding", "dilation"},
        "nnx.Conv(..., strides=(2,), kernel_dilation=(1,), padding='CAUSAL')",
    ),
    "a convolution without its bias": (
        ("torch", "keras"),
        {
            "torch": "Turn(), nn.Conv1d(2, 4, 4, stride=2, padding=2), nn.AdaptiveMaxPool1d(1), "
            "nn.Flatten(), nn.Linear(4, 3)",
            "keras": "layers.Conv1D(4, 4, padding='same', use_bias=False), "
            "layers.GlobalMaxPooling1D(), layers.Dense(3)",
        },
        {"strides", "padding_side", "bias_missing"},
        "layers.ZeroPadding1D((2, 2)) before the layer, and layers.Conv1D(..., strides=(2,), "
        "use_bias=True, padding='valid')",
    ),
    "a recurrence in Keras": (
        ("torch", "keras"),
        {
            "torch": "nn.LSTM(2, 4, batch_first=True), Last(), nn.Linear(4, 3)",
            "keras": "layers.LSTM(4, activation='relu', recurrent_activation='hard_sigmoid', "
            "go_backwards=True), layers.Dense(3)",
        },
        {"cell_activation", "recurrent_activation", "go_backwards"},
        "layers.LSTM(4, go_backwards=False, activation='tanh', recurrent_activation='sigmoid')",
    ),
}


@pytest.mark.parametrize("names, models, entries, line", THREE.values(), ids=THREE)
def test_three_wrong_settings_are_one_line(twin_process, tmp_path, names, models, entries, line):
    judgement = judged(twin_process, tmp_path, names, (7, 2), **models)
    assert {c.entry for c in judgement.causes if c.proved} == entries, judgement.causes
    assert written(judgement) == [line]
