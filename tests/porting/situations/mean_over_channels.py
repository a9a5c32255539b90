"""as many steps as channels: the mean runs over the channels"""

TRUTH = "wrong"
PLACE = "out"
CAUSE = "mean over the wrong axis"
CAUSES = ("normalised_axis",)
INPUT = (8, 3)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Dense(8, activation="relu", name="h"),
            layers.GlobalAveragePooling1D(),
            layers.Dense(2, name="out"),
        ]
    )


def torch_model():
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.h, self.out = nn.Linear(3, 8), nn.Linear(8, 2)

        def forward(self, x):
            return self.out(F.relu(self.h(x)).mean(-1))

    return Net()
