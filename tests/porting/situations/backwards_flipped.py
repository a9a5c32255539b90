"""go_backwards against a flip of the rows"""

TRUTH = "right"
LOSS = "binary_crossentropy"
INPUT = (7, 3)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.GRU(4, go_backwards=True, name="back"),
            layers.Dense(1, name="out"),
        ]
    )


def torch_model():
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.back, self.out = nn.GRU(3, 4, batch_first=True), nn.Linear(4, 1)

        def forward(self, x):
            return self.out(self.back(x.flip(1))[0][:, -1])

    return Net()
