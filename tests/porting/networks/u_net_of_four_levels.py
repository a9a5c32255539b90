"""U-Net: four levels down and up, normalised, the skip in front of what comes up"""

TRUTH = "right"
INPUT = (64, 64, 3)
WIDTHS = (16, 32, 64, 128, 256)


def keras_model():
    import keras
    from keras import layers

    def double(x, width, name):
        for n in (1, 2):
            x = layers.Conv2D(width, 3, padding="same", use_bias=False, name=f"{name}_conv{n}")(x)
            x = layers.ReLU()(layers.BatchNormalization(name=f"{name}_bn{n}")(x))
        return x

    i = x = keras.Input(INPUT)
    skips = []
    for level, width in enumerate(WIDTHS[:-1]):
        skips.append(double(x, width, f"down{level}"))
        x = layers.MaxPooling2D()(skips[-1])
    x = double(x, WIDTHS[-1], "bottom")
    for level, width in reversed([*enumerate(WIDTHS[:-1])]):
        x = layers.Conv2DTranspose(width, 2, strides=2, name=f"up{level}")(x)
        x = double(layers.Concatenate()([skips[level], x]), width, f"top{level}")
    return keras.Model(i, layers.Conv2D(2, 1, name="mask")(x))


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
            pairs = [*zip((INPUT[-1], *WIDTHS), WIDTHS, strict=False)]
            self.down = nn.ModuleList(double(*pair) for pair in pairs)
            backwards = [(below, width) for width, below in pairs[:0:-1]]
            self.up = nn.ModuleList(nn.ConvTranspose2d(*pair, 2, stride=2) for pair in backwards)
            self.top = nn.ModuleList(double(2 * width, width) for _, width in backwards)
            self.mask = nn.Conv2d(WIDTHS[0], 2, 1)

        def forward(self, x):
            skips = []
            for down in self.down[:-1]:
                skips.append(down(x))
                x = F.max_pool2d(skips[-1], 2)
            x = self.down[-1](x)
            for up, top in zip(self.up, self.top, strict=True):
                x = top(torch.cat([skips.pop(), up(x)], 1))
            return self.mask(x).permute(0, 2, 3, 1)

    return Net()
