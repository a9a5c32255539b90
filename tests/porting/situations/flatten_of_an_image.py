"""a flatten of a square image with as many channels"""

TRUTH = "wrong"
PLACE = "dense"
CAUSE = "order of channels in the flatten"
CAUSES = ("flatten_order",)
INPUT = (6, 6, 2)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Conv2D(4, 3, activation="relu", name="c"),
            layers.Flatten(),
            layers.Dense(3, name="dense"),
        ]
    )


def torch_model():
    import torch
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.c, self.dense = nn.Conv2d(2, 4, 3), nn.Linear(64, 3)

        def forward(self, x):
            return self.dense(torch.flatten(F.relu(self.c(x)), 1))

    return Net()
