"""Masking of steps that are all zero, against a packed sequence"""

import numpy as np

TRUTH = "right"
LOSS = "binary_crossentropy"
INPUT = (6, 3)


def data():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, *INPUT))
    x[np.arange(6) >= rng.integers(2, 7, (60, 1))] = 0
    return x, rng.integers(0, 2, 60)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Masking(name="masking"),
            layers.GRU(4, name="gru"),
            layers.Dense(1, name="out"),
        ]
    )


def torch_model():
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.gru, self.out = nn.GRU(3, 4, batch_first=True), nn.Linear(4, 1)

        def forward(self, x):
            lengths = (x != 0).any(-1).sum(1).cpu()
            packed = nn.utils.rnn.pack_padded_sequence(x, lengths, True, enforce_sorted=False)
            return self.out(self.gru(packed)[1][0])

    return Net()
