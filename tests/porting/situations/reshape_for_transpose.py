"""a reshape where a transpose belongs: all shapes fit"""

TRUTH = "wrong"
PLACE = "d"
CAUSE = "reshape for a transpose"
CAUSES = ("reshape_for_transpose",)
INPUT = (8, 6)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Dense(5, name="h"),
            layers.Permute((2, 1)),
            layers.Dense(3, name="d"),
        ]
    )


def torch_model():
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.h, self.d = nn.Linear(6, 5), nn.Linear(8, 3)

        def forward(self, x):
            return self.d(self.h(x).reshape(-1, 5, 8))

    return Net()
