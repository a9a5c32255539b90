"""the two heads come back in the other order; one of them is positive"""

TRUTH = "wrong"
PLACE = ("outputs", "output", "mean", "spread")
CAUSE = "outputs exchanged"
CAUSES = ("outputs_exchanged",)
INPUT = (6,)


def keras_model():
    import keras
    from keras import layers

    i = keras.Input(INPUT)
    x = layers.Dense(5, activation="tanh", name="h")(i)
    mean, spread = (
        layers.Dense(2, name="mean")(x),
        layers.Dense(2, activation="softplus", name="spread")(x),
    )
    return keras.Model(i, [mean, spread])


def torch_model():
    import torch
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.h, self.mean, self.spread = nn.Linear(6, 5), nn.Linear(5, 2), nn.Linear(5, 2)

        def forward(self, x):
            x = torch.tanh(self.h(x))
            return F.softplus(self.spread(x)), self.mean(x)

    return Net()
