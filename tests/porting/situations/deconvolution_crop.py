"""PyTorch's padding crops the transposed convolution at the other end"""

TRUTH = "wrong"
PLACE = "up"
CAUSE = "crop of the transposed convolution"
CAUSES = ("deconvolution_crop",)
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
            self.up = nn.ConvTranspose2d(3, 4, 3, stride=2, padding=1, output_padding=1)
            self.out = nn.Conv2d(4, 1, 1)

        def forward(self, x):
            return self.out(F.relu(self.up(x))).permute(0, 2, 3, 1)

    return Net()
