"""an old model's GRU resets before its matrix, PyTorch's after it"""

TRUTH = "wrong"
PLACE = "gru"
CAUSE = "reset gate before the step's matrix"
CAUSES = ("reset_after",)
INPUT = (7, 3)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.GRU(4, reset_after=False, name="gru"),
            layers.Dense(1, name="out"),
        ]
    )


def torch_model():
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.gru, self.out = nn.GRU(3, 4, batch_first=True), nn.Linear(4, 1)

        def forward(self, x):
            return self.out(self.gru(x)[1][0])

    return Net()
