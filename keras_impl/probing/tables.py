"""Which kind each of Keras's layers with weights is, by the name of its class; Keras stays out."""

from __future__ import annotations

from collections.abc import Mapping

KINDS: Mapping[str, str] = {
    "Dense": "dense",
    "Conv1D": "conv1d",
    "Conv2D": "conv2d",
    "Conv3D": "conv3d",
    "Conv1DTranspose": "conv1d_transpose",
    "Conv2DTranspose": "conv2d_transpose",
    "Conv3DTranspose": "conv3d_transpose",
    "DepthwiseConv1D": "depthwise_conv1d",
    "DepthwiseConv2D": "depthwise_conv2d",
    "Embedding": "embedding",
    "BatchNormalization": "batch_norm",
    "LayerNormalization": "layer_norm",
    "GroupNormalization": "group_norm",
    "RMSNormalization": "rms_norm",
    "PReLU": "prelu",
    "LSTM": "lstm",
    "GRU": "gru",
    "SimpleRNN": "simple_rnn",
    "LSTMCell": "lstm",
    "GRUCell": "gru",
    "SimpleRNNCell": "simple_rnn",
}
"""Its weights have the names and axes of `common.twins.layers.AXES`."""
