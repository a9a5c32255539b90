"""a bias on one side"""

TRUTH = "wrong"
PLACE = "h"
CAUSE = "bias missing"
CAUSES = ("bias_missing",)
INPUT = (6,)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Dense(5, activation="relu", name="h"),
            layers.Dense(2, name="out"),
        ]
    )


def torch_model():
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.h, self.out = nn.Linear(6, 5, bias=False), nn.Linear(5, 2)

        def forward(self, x):
            return self.out(F.relu(self.h(x)))

    return Net()
