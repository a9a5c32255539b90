"""both directions are added"""

TRUTH = "right"
INPUT = (6, 3)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Bidirectional(
                layers.LSTM(4, return_sequences=True), merge_mode="sum", name="both"
            ),
            layers.Dense(2, name="out"),
        ]
    )


def torch_model():
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.both, self.out = (
                nn.LSTM(3, 4, batch_first=True, bidirectional=True),
                nn.Linear(4, 2),
            )

        def forward(self, x):
            y, _ = self.both(x)
            return self.out(y[..., :4] + y[..., 4:])

    return Net()
