"""U-Net with one level: the skip is put in front of what comes up"""

TRUTH = "right"
INPUT = (8, 8, 2)


def keras_model():
    import keras
    from keras import layers

    def double(x, width, name):
        for n in (1, 2):
            x = layers.Conv2D(width, 3, padding="same", use_bias=False, name=f"{name}_conv{n}")(x)
            x = layers.ReLU()(layers.BatchNormalization(name=f"{name}_bn{n}")(x))
        return x

    i = keras.Input(INPUT)
    skip = double(i, 3, "down")
    x = double(layers.MaxPooling2D()(skip), 6, "bottom")
    x = layers.Conv2DTranspose(3, 2, strides=2, name="up")(x)
    x = double(layers.Concatenate()([skip, x]), 3, "top")
    return keras.Model(i, layers.Conv2D(1, 1, name="mask")(x))


def torch_model():
    import torch
    import torch.nn.functional as F
    from torch import nn

    def double(before, width):
        parts = []
        for n in (before, width):
            parts += [nn.Conv2d(n, width, 3, padding=1, bias=False)]
            parts += [nn.BatchNorm2d(width, eps=1e-3, momentum=0.01), nn.ReLU(inplace=True)]
        return nn.Sequential(*parts)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.down, self.bottom, self.top = double(2, 3), double(3, 6), double(6, 3)
            self.up, self.mask = nn.ConvTranspose2d(6, 3, 2, stride=2), nn.Conv2d(3, 1, 1)

        def forward(self, x):
            skip = self.down(x)
            x = self.up(self.bottom(F.max_pool2d(skip, 2)))
            return self.mask(self.top(torch.cat([skip, x], 1))).permute(0, 2, 3, 1)

    return Net()
