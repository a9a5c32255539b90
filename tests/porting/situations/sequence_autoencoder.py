"""the code of a sequence is repeated for the decoder"""

TRUTH = "right"
INPUT = (5, 3)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.LSTM(4, name="encoder"),
            layers.RepeatVector(5),
            layers.LSTM(4, return_sequences=True, name="decoder"),
            layers.TimeDistributed(layers.Dense(3), name="out"),
        ]
    )


def torch_model():
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder, self.decoder = (
                nn.LSTM(3, 4, batch_first=True),
                nn.LSTM(4, 4, batch_first=True),
            )
            self.out = nn.Linear(4, 3)

        def forward(self, x):
            code = self.encoder(x)[1][0].squeeze(0)
            return self.out(self.decoder(code.unsqueeze(1).expand(-1, 5, -1))[0])

    return Net()
