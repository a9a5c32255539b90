"""zeros beside a maximum of negative numbers"""

TRUTH = "wrong"
PLACE = "pool"
CAUSE = "padding of the pooling"
CAUSES = ("pooling_padded_by_zeros",)
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
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.c, self.pool, self.d = (
                nn.Conv2d(3, 4, 3, padding=1),
                nn.MaxPool2d(3, 2),
                nn.Conv2d(4, 3, 3),
            )

        def forward(self, x):
            return self.d(self.pool(F.pad(self.c(x), (0, 1, 0, 1)))).mean((2, 3))

    return Net()
