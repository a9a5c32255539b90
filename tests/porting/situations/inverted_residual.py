"""MobileNetV2: two inverted residuals, one with a stride of 2, relu6"""

TRUTH = "right"
INPUT = (9, 9, 3)


def keras_model():
    import keras
    from keras import layers

    def block(x, width, stride, name):
        y = layers.Conv2D(6, 1, use_bias=False, name=f"{name}_expand")(x)
        y = layers.ReLU(6.0)(layers.BatchNormalization(momentum=0.999, name=f"{name}_bn1")(y))
        if stride == 2:
            y = layers.ZeroPadding2D(1)(y)
        y = layers.DepthwiseConv2D(
            3,
            strides=stride,
            padding="valid" if stride == 2 else "same",
            use_bias=False,
            name=f"{name}_dw",
        )(y)
        y = layers.ReLU(6.0)(layers.BatchNormalization(momentum=0.999, name=f"{name}_bn2")(y))
        y = layers.Conv2D(width, 1, use_bias=False, name=f"{name}_project")(y)
        y = layers.BatchNormalization(momentum=0.999, name=f"{name}_bn3")(y)
        return layers.add([x, y]) if stride == 1 else y

    i = keras.Input(INPUT)
    x = block(block(i, 3, 1, "first"), 4, 2, "second")
    return keras.Model(i, layers.Dense(2, name="out")(layers.GlobalAveragePooling2D()(x)))


def torch_model():
    from torch import nn

    class Block(nn.Sequential):
        def __init__(self, before, width, stride):
            def norm(n):
                return nn.BatchNorm2d(n, eps=1e-3, momentum=0.001)

            super().__init__(
                nn.Conv2d(before, 6, 1, bias=False),
                norm(6),
                nn.ReLU6(),
                nn.Conv2d(6, 6, 3, stride, 1, groups=6, bias=False),
                norm(6),
                nn.ReLU6(),
                nn.Conv2d(6, width, 1, bias=False),
                norm(width),
            )
            self.add = stride == 1

        def forward(self, x):
            y = super().forward(x)
            return x + y if self.add else y

    return nn.Sequential(
        Block(3, 3, 1), Block(3, 4, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2)
    )
