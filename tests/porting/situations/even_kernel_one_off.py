"""an even kernel, as many zeros on both sides, and the last step dropped: all is one step off"""

TRUTH = "wrong"
PLACE = "time"
CAUSE = "an even kernel padded as much on both sides"
CAUSES = ("padding_side",)
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
            self.time = nn.Conv2d(1, 4, (1, 8), padding=(0, 4), bias=False)
            self.pool, self.out = nn.AvgPool2d((1, 4)), nn.Linear(48, 2)

        def forward(self, x):
            return self.out(self.pool(self.time(x)[..., :-1]).movedim(1, -1).flatten(1))

    return Net()
