"""an old model's gates are hard sigmoids"""

TRUTH = "wrong"
PLACE = "lstm"
CAUSE = "hard sigmoid"
CAUSES = ("recurrent_activation",)
INPUT = (7, 3)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.LSTM(4, recurrent_activation="hard_sigmoid", name="lstm"),
            layers.Dense(1, name="out"),
        ]
    )


def torch_model():
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm, self.out = nn.LSTM(3, 4, batch_first=True), nn.Linear(4, 1)

        def forward(self, x):
            return self.out(self.lstm(x)[1][0][0])

    return Net()
