"""a transposed convolution with padding="same": the last row and column are cut off"""

TRUTH = "right"
INPUT = (5, 5, 3)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Conv2DTranspose(4, 3, strides=2, padding="same", activation="relu", name="up"),
            layers.Conv2D(1, 1, name="out"),
        ]
    )


def torch_model():
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.up, self.out = nn.ConvTranspose2d(3, 4, 3, stride=2), nn.Conv2d(4, 1, 1)

        def forward(self, x):
            return self.out(F.relu(self.up(x)[..., :-1, :-1])).permute(0, 2, 3, 1)

    return Net()
