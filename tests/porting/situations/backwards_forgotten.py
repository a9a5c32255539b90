"""go_backwards was lost"""

TRUTH = "wrong"
PLACE = "back"
CAUSE = "go_backwards"
CAUSES = ("go_backwards",)
INPUT = (7, 3)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.LSTM(4, go_backwards=True, name="back"),
            layers.Dense(1, name="out"),
        ]
    )


def torch_model():
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.back, self.out = nn.LSTM(3, 4, batch_first=True), nn.Linear(4, 1)

        def forward(self, x):
            return self.out(self.back(x)[0][:, -1])

    return Net()
