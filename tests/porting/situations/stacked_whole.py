"""two LSTMs of Keras in one of PyTorch with num_layers=2"""

TRUTH = "right"
INPUT = (6, 3)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.LSTM(4, return_sequences=True, name="lower"),
            layers.LSTM(4, name="upper"),
            layers.Dense(1, name="out"),
        ]
    )


def torch_model():
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm, self.out = nn.LSTM(3, 4, num_layers=2, batch_first=True), nn.Linear(4, 1)

        def forward(self, x):
            return self.out(self.lstm(x)[1][0][-1])

    return Net()
