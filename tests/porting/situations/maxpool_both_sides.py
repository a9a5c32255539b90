"""the pooling is padded on both sides"""

TRUTH = "wrong"
PLACE = "pool"
CAUSE = "padding side of the pooling"
CAUSES = ("pooling_padding",)
INPUT = (8, 8, 3)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Conv2D(4, 3, padding="same", name="c"),
            layers.MaxPooling2D(3, strides=2, padding="same", name="pool"),
            layers.Conv2D(3, 3, name="d"),
            layers.GlobalAveragePooling2D(),
        ]
    )


def torch_model():
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.c, self.pool = nn.Conv2d(3, 4, 3, padding=1), nn.MaxPool2d(3, 2, padding=1)
            self.d = nn.Conv2d(4, 3, 3)

        def forward(self, x):
            return self.d(self.pool(self.c(x))).mean((2, 3))

    return Net()
