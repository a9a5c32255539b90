"""YAMNet: depthwise separable convolutions, epsilon 1e-4, no scale"""

TRUTH = "right"
INPUT = (16, 8, 1)


def keras_model():
    import keras
    from keras import layers

    def norm(x, name):
        return layers.ReLU()(
            layers.BatchNormalization(scale=False, epsilon=1e-4, momentum=0.9, name=name)(x)
        )

    i = keras.Input(INPUT)
    x = norm(
        layers.Conv2D(4, 3, strides=2, padding="same", use_bias=False, name="layer1")(i), "bn1"
    )
    x = norm(layers.DepthwiseConv2D(3, padding="same", use_bias=False, name="dw2")(x), "dw_bn2")
    x = norm(layers.Conv2D(6, 1, use_bias=False, name="pw2")(x), "pw_bn2")
    x = layers.Dense(3, name="logits")(layers.GlobalAveragePooling2D()(x))
    return keras.Model(i, layers.Activation("sigmoid")(x))


def torch_model():
    from torch import nn

    def norm(n):
        bn = nn.BatchNorm2d(n, eps=1e-4, momentum=0.1)
        bn.weight.requires_grad_(False)
        return nn.Sequential(bn, nn.ReLU())

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem = nn.Sequential(
                nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(1, 4, 3, stride=2, bias=False), norm(4)
            )
            self.depthwise = nn.Sequential(
                nn.Conv2d(4, 4, 3, padding=1, groups=4, bias=False), norm(4)
            )
            self.pointwise = nn.Sequential(nn.Conv2d(4, 6, 1, bias=False), norm(6))
            self.logits = nn.Linear(6, 3)

        def forward(self, x):
            x = self.pointwise(self.depthwise(self.stem(x)))
            return self.logits(x.mean((2, 3))).sigmoid()

    return Net()
