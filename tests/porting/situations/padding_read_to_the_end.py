"""Keras's LSTM stops where the words end, the port reads the padding too"""

TRUTH = "wrong"
PLACE = "lstm"
CAUSE = "mask of the padding"
CAUSES = ("recurrence_mask",)
TOKENS = 20
INPUT = (8,)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT, dtype="int64"),
            layers.Embedding(TOKENS, 4, mask_zero=True, name="words"),
            layers.LSTM(5, name="lstm"),
            layers.Dense(1, name="out"),
        ]
    )


def torch_model():
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.words = nn.Embedding(TOKENS, 4)
            self.lstm, self.out = nn.LSTM(4, 5, batch_first=True), nn.Linear(5, 1)

        def forward(self, x):
            return self.out(self.lstm(self.words(x))[1][0][0])

    return Net()
