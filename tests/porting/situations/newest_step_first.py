"""the port reads the steps with the newest first, before a convolution over them"""

TRUTH = "wrong"
PLACE = ("conv", "h")
CAUSE = "order of the steps"
CAUSES = ("time_order",)
INPUT = (7, 3)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Dense(4, activation="tanh", name="h"),
            layers.Conv1D(3, 3, name="conv"),
            layers.GlobalMaxPooling1D(name="top"),
            layers.Dense(2, name="out"),
        ]
    )


def torch_model():
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.h, self.conv, self.out = nn.Linear(3, 4), nn.Conv1d(4, 3, 3), nn.Linear(3, 2)

        def forward(self, x):
            x = torch.tanh(self.h(x)).flip(1)
            return self.out(self.conv(x.transpose(1, 2)).amax(2))

    return Net()
