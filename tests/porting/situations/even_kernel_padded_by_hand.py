"""an even kernel padded by hand as same padding does it: one zero more at the end"""

TRUTH = "right"
INPUT = (3, 16, 1)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Conv2D(4, (1, 8), padding="same", use_bias=False, name="time"),
            layers.AveragePooling2D((1, 4)),
            layers.Flatten(),
            layers.Dense(2, name="out"),
        ]
    )


def torch_model():
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.pad = nn.ZeroPad2d((3, 4, 0, 0))
            self.time = nn.Conv2d(1, 4, (1, 8), bias=False)
            self.pool, self.out = nn.AvgPool2d((1, 4)), nn.Linear(48, 2)

        def forward(self, x):
            return self.out(self.pool(self.time(self.pad(x))).movedim(1, -1).flatten(1))

    return Net()
