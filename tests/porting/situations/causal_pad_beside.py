"""a causal convolution with a dilation of 2, padded by hand"""

TRUTH = "right"
INPUT = (10, 3)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Conv1D(4, 3, dilation_rate=2, padding="causal", activation="tanh", name="c"),
            layers.Dense(2, name="out"),
        ]
    )


def torch_model():
    import torch
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.c, self.out = nn.Conv1d(3, 4, 3, dilation=2), nn.Linear(4, 2)

        def forward(self, x):
            x = F.pad(x.transpose(1, 2), (4, 0))
            return self.out(torch.tanh(self.c(x)).transpose(1, 2))

    return Net()
