"""CRNN: the image's columns are the steps of a recurrent net; the loss is CTC"""

import numpy as np

TRUTH = "right"
INPUT = (8, 12, 1)


def data():
    rng = np.random.default_rng(0)
    return rng.normal(size=(40, *INPUT)), rng.integers(1, 5, (40, 2))


def keras_loss(y, p):
    import keras

    rows = keras.ops.shape(p)[0]
    lengths = keras.ops.full((rows,), 2, "int32"), keras.ops.full((rows,), 6, "int32")
    return keras.ops.mean(keras.ops.ctc_loss(y, p, *lengths))


def torch_loss(p, y):
    import torch
    import torch.nn.functional as F

    steps = p.log_softmax(-1).transpose(0, 1)
    lengths = torch.full((len(y),), 6), torch.full((len(y),), 2)
    return F.ctc_loss(steps, y.long(), *lengths, reduction="none").mean()


LOSS = {"keras": keras_loss, "torch": torch_loss}


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Conv2D(3, 3, padding="same", activation="relu", name="conv"),
            layers.MaxPooling2D(2),
            layers.Permute((2, 1, 3)),
            layers.Reshape((6, 12)),
            layers.Bidirectional(layers.LSTM(4, return_sequences=True), name="lstm"),
            layers.Dense(5, name="letters"),
        ]
    )


def torch_model():
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, 3, 3, padding=1)
            self.lstm = nn.LSTM(12, 4, bidirectional=True, batch_first=True)
            self.letters = nn.Linear(8, 5)

        def forward(self, x):
            x = F.max_pool2d(F.relu(self.conv(x)), 2)
            x = x.permute(0, 3, 2, 1).flatten(2)
            return self.letters(self.lstm(x)[0])

    return Net()
