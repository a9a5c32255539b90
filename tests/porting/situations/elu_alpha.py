"""another alpha"""

TRUTH = "wrong"
PLACE = "act"
CAUSE = "slope of the activation"
CAUSES = ("slope",)
INPUT = (8,)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Dense(6, name="h"),
            layers.ELU(alpha=0.5, name="act"),
            layers.Dense(2, name="out"),
        ]
    )


def torch_model():
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.h, self.act, self.out = nn.Linear(8, 6), nn.ELU(), nn.Linear(6, 2)

        def forward(self, x):
            return self.out(self.act(self.h(x)))

    return Net()
