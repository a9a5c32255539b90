"""as many steps as channels: normalised over time"""

TRUTH = "wrong"
PLACE = "norm"
CAUSE = "axis of the normalisation"
CAUSES = ("normalised_axis",)
INPUT = (6, 6)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Dense(6, name="h"),
            layers.LayerNormalization(epsilon=1e-5, name="norm"),
            layers.Dense(2, name="out"),
        ]
    )


def torch_model():
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.h, self.norm, self.out = nn.Linear(6, 6), nn.LayerNorm(6), nn.Linear(6, 2)

        def forward(self, x):
            return self.out(self.norm(self.h(x).mT).mT)

    return Net()
