"""the port has a softmax in its last layer, and one more in forward"""

TRUTH = "wrong"
PLACE = ("out", "probabilities", "soft")
CAUSE = "softmax twice"
CAUSES = ("softmax_twice",)
INPUT = (6,)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Dense(5, activation="relu", name="h"),
            layers.Dense(3, activation="softmax", name="out"),
        ]
    )


def torch_model():
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.h = nn.Linear(6, 5)
            self.out = nn.Sequential(nn.Linear(5, 3), nn.Softmax(1))

        def forward(self, x):
            return torch.softmax(self.out(torch.relu(self.h(x))), 1)

    return Net()
