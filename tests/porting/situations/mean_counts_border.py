"""a mean pooling that counts the zeros of its border in PyTorch, by default"""

TRUTH = "wrong"
PLACE = ("pool", "conv")
CAUSE = "mean pooling counts its padding"
CAUSES = ("pooling_counts_padding",)
INPUT = (8, 8, 3)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Conv2D(4, 3, activation="relu", name="conv"),
            layers.AveragePooling2D(3, strides=1, padding="same", name="pool"),
            layers.Conv2D(2, 3, name="last"),
        ]
    )


def torch_model():
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.last = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 2, 3)
            self.pool = nn.AvgPool2d(3, stride=1, padding=1)

        def forward(self, x):
            return self.last(self.pool(torch.relu(self.conv(x))))

    return Net()
