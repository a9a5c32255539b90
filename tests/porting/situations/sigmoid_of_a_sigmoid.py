"""the port has a sigmoid in its last layer, and one more in forward"""

TRUTH = "wrong"
PLACE = ("out", "sigmoid")
CAUSE = "sigmoid twice"
CAUSES = ("sigmoid_twice",)
INPUT = (6,)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Dense(5, activation="relu", name="h"),
            layers.Dense(1, activation="sigmoid", name="out"),
        ]
    )


def torch_model():
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.h = nn.Linear(6, 5)
            self.out = nn.Sequential(nn.Linear(5, 1), nn.Sigmoid())

        def forward(self, x):
            return torch.sigmoid(self.out(torch.relu(self.h(x))))

    return Net()
