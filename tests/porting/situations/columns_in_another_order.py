"""columns of an image are flattened in another order before a recurrence"""

TRUTH = "wrong"
PLACE = ("bi.forward",)
CAUSE = "columns of an image are flattened in another order before a recurrence"
CAUSES = ("flatten_order",)
INPUT = (8, 12, 1)
LOSS = "ctc"


def keras_model():
    import keras
    from keras import layers

    i = keras.Input(INPUT)
    x = layers.MaxPooling2D((2, 1))(
        layers.Conv2D(3, 3, padding="same", activation="relu", name="conv")(i)
    )
    x = layers.Reshape((12, 12))(layers.Permute((2, 1, 3))(x))
    x = layers.Bidirectional(layers.LSTM(4, return_sequences=True), name="bi")(x)
    return keras.Model(i, layers.Dense(5, name="out")(x))


def torch_model():
    from torch import nn

    class CRNN(nn.Module):
        def __init__(self):
            super().__init__()
            self.cnn = nn.Sequential(
                nn.Conv2d(1, 3, 3, 1, 1), nn.ReLU(), nn.MaxPool2d((2, 1), (2, 1))
            )
            self.rnn, self.out = (
                nn.LSTM(12, 4, bidirectional=True, batch_first=True),
                nn.Linear(8, 5),
            )

        def forward(self, x):
            x = self.cnn(x)
            n, c, h, w = x.shape
            x = x.reshape(n, c * h, w).permute(0, 2, 1)
            return self.out(self.rnn(x)[0])

    return CRNN()
