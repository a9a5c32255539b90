"""time and rows exchanged in a recurrent layer"""

TRUTH = "wrong"
PLACE = "lstm"
CAUSE = "batch_first"
CAUSES = ("batch_first",)
INPUT = (6, 3)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.LSTM(4, return_sequences=True, name="lstm"),
            layers.GlobalMaxPooling1D(),
            layers.Dense(1, name="out"),
        ]
    )


def torch_model():
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm, self.out = nn.LSTM(3, 4), nn.Linear(4, 1)

        def forward(self, x):
            return self.out(self.lstm(x)[0].amax(1))

    return Net()
