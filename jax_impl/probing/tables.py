"""How Flax NNX's layers keep what Keras keeps, by the names of their classes; Flax stays out."""

from __future__ import annotations

from collections.abc import Mapping

TABLE: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "Linear": ("dense", {"kernel": "kernel", "bias": "bias"}),
    "Embed": ("embedding", {"embeddings": "embedding"}),
    "BatchNorm": (
        "batch_norm",
        {"gamma": "scale", "beta": "bias", "moving_mean": "mean", "moving_variance": "var"},
    ),
    "LayerNorm": ("layer_norm", {"gamma": "scale", "beta": "bias"}),
    "RMSNorm": ("rms_norm", {"gamma": "scale"}),
    "GroupNorm": ("group_norm", {"gamma": "scale", "beta": "bias"}),
    "InstanceNorm": ("group_norm", {"gamma": "scale", "beta": "bias"}),
    "PReLU": ("prelu", {"alpha": "negative_slope"}),
}
"""Layers that keep what Keras keeps, as it is: class -> kind, and role -> attribute."""

CELLS: Mapping[str, tuple[str, str]] = {
    "LSTMCell": ("lstm", "hidden"),
    "OptimizedLSTMCell": ("lstm", "hidden"),
    "GRUCell": ("gru", "inputs"),
    "SimpleCell": ("simple_rnn", "inputs"),
}
"""Class -> kind, and whether the bias stands beside the product of inputs or of the hidden state.

A GRU of Flax has no second bias, which in Keras and PyTorch stands inside the reset gate."""

LSTM_GATES = (
    ("ii", "if_", "ig", "io"),
    ("hi", "hf", "hg", "ho"),
)  # one matrix each, in Keras's order
GRU = (1, 0, 2)  # reset, update, candidate; Keras has the update first

KERAS_NAMES = {
    "epsilon": "epsilon",
    "momentum": "momentum",
    "strides": "strides",
    "padding": "padding",
    "dilation_rate": "kernel_dilation",
    "groups": "feature_group_count",
    "activation": "activation_fn",
    "recurrent_activation": "gate_fn",
}
"""The conventions of a layer, as Keras names them -> as Flax does."""
