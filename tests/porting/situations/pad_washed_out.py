"""strided convolution padded on both sides; in evaluation twelve depthwise layers wash it out"""

TRUTH = "wrong"
PLACE = ("first", "0.1")
CAUSE = "pads of a strided convolution"
CAUSES = ("padding_side",)
INPUT = (12, 12, 48)
DEPTH = 12


def keras_model():
    import keras
    from keras import layers

    def norm():
        return layers.BatchNormalization(momentum=0.9)

    narrow = [
        layers.ZeroPadding2D(((0, 1), (0, 1))),
        layers.DepthwiseConv2D(3, strides=2, use_bias=False, name="first"),
        norm(),
    ]
    for _ in range(DEPTH):
        narrow += [layers.DepthwiseConv2D(3, padding="same", use_bias=False), norm()]
    last = [layers.GlobalAveragePooling2D(), layers.Dense(2)]
    return keras.Sequential([keras.Input(INPUT), *narrow, *last])


def torch_model():
    from torch import nn

    def norm():
        return nn.BatchNorm2d(48, eps=1e-3, momentum=0.1)

    first = nn.Sequential(nn.ZeroPad2d(1), nn.Conv2d(48, 48, 3, 2, groups=48, bias=False), norm())
    narrow = []
    for _ in range(DEPTH):
        narrow += [nn.Conv2d(48, 48, 3, padding=1, groups=48, bias=False), norm()]
    return nn.Sequential(first, *narrow, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(48, 2))
