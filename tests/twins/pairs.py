"""A user's file with a Keras model and its port: layers that are right, and how it is judged."""

from __future__ import annotations

import pytest

from benchmarks.twins.judge import judge
from benchmarks.twins.judgement import Judgement
from common.framework import frameworks

NAMES = ("keras", "torch")
needs_both = pytest.mark.skipif(
    any(frameworks()[name].missing for name in NAMES), reason="twins need both frameworks"
)
FILE = """\
{head}
INPUT = {shape}
{more}

def keras_model():
    import keras
    from keras import layers

    return keras.Sequential([keras.Input(INPUT), {one}])

def torch_model():
    import torch
    from torch import nn

    class Last(nn.Module):
        def forward(self, outputs):
            return outputs[0][:, -1]

    class Swap(nn.Module):
        def forward(self, x):
            return x.transpose(1, 2)

    class Mix(nn.Module):
        def forward(self, x):
            return x + x.roll(1, 0)

    return nn.Sequential({other})
"""
CLASSES = 'LOSS = "categorical_crossentropy"'
NORM = "eps=1e-3, momentum=0.01"
RIGHT = {
    "convolutions, flatten": (
        "(9, 8, 3)",
        "layers.DepthwiseConv2D(3), layers.Conv2DTranspose(2, 3), "
        "layers.Conv2D(4, 3, activation='relu'), layers.Flatten(), layers.Dense(3, name='d')",
        "nn.Conv2d(3, 3, 3, groups=3), nn.ConvTranspose2d(3, 2, 3), "
        "nn.Conv2d(2, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(168, 3)",
        "FLATTEN = {'d': (7, 6, 4)}",
    ),
    "conv1d, gru": (
        "(9, 2)",
        "layers.Conv1D(4, 3), layers.GRU(5), layers.Dense(3)",
        "nn.Conv1d(2, 4, 3), Swap(), nn.GRU(4, 5, batch_first=True), Last(), nn.Linear(5, 3)",
        "",
    ),
    "normalisation, dropout": (
        "(6,)",
        "layers.Dense(5), layers.BatchNormalization(), layers.Dense(5), "
        "layers.LayerNormalization(), layers.Dropout(0.5), layers.Dense(3)",
        f"nn.Linear(6, 5), nn.BatchNorm1d(5, {NORM}), nn.Linear(5, 5), "
        "nn.LayerNorm(5, eps=1e-3), nn.Dropout(0.5), nn.Linear(5, 3)",
        "",
    ),
    "embedding, lstm": (
        "(7,)",
        "layers.Embedding(20, 4), layers.LSTM(5), layers.Dense(3)",
        "nn.Embedding(20, 4), nn.LSTM(4, 5, batch_first=True), Last(), nn.Linear(5, 3)",
        "TOKENS = 20",
    ),
    "softmax against logits": (
        "(6,)",
        "layers.Dense(3, activation='softmax')",
        "nn.Linear(6, 3)",
        "",
    ),
    "a pad beside the layer": (
        "(8, 8, 2)",
        "layers.Conv2D(4, 3, strides=2, padding='same'), layers.GlobalMaxPooling2D(), "
        "layers.Dense(3)",
        "nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(2, 4, 3, stride=2), nn.AdaptiveMaxPool2d(1), "
        "nn.Flatten(), nn.Linear(4, 3)",
        "",
    ),
}


def judged(children, path, shape, one, other, more="", head=CLASSES, **options) -> Judgement:
    pair_file(path, shape, one, other, more, head)
    return judge(path, NAMES, children=children, **options)


def pair_file(path, shape, one, other, more="", head=CLASSES):
    """The path of a file with two models."""
    path.write_text(FILE.format(head=head, shape=shape, more=more, one=one, other=other))
    return path
