"""an inverted residual whose relu6 became a relu in one of two places"""

TRUTH = "wrong"
PLACE = ("relu", "first", "dw", "bn1")
CAUSE = "clip of the activation"
CAUSES = ("clip",)
INPUT = (8, 8, 3)


def keras_model():
    import keras
    from keras import layers

    i = keras.Input(INPUT)
    y = layers.Conv2D(6, 1, use_bias=False, name="expand")(i)
    y = layers.ReLU(6.0, name="first_relu")(layers.BatchNormalization(name="bn1")(y))
    y = layers.DepthwiseConv2D(3, padding="same", use_bias=False, name="dw")(y)
    y = layers.ReLU(6.0, name="second_relu")(layers.BatchNormalization(name="bn2")(y))
    y = layers.BatchNormalization(name="bn3")(
        layers.Conv2D(3, 1, use_bias=False, name="project")(y)
    )
    return keras.Model(i, layers.GlobalAveragePooling2D()(layers.add([i, y])))


def torch_model():
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.expand, self.dw = (
                nn.Conv2d(3, 6, 1, bias=False),
                nn.Conv2d(6, 6, 3, padding=1, groups=6, bias=False),
            )
            self.project = nn.Conv2d(6, 3, 1, bias=False)
            self.bn1, self.bn2, self.bn3 = (
                nn.BatchNorm2d(n, eps=1e-3, momentum=0.01) for n in (6, 6, 3)
            )

        def forward(self, x):
            y = F.relu(self.bn1(self.expand(x)))
            y = F.relu6(self.bn2(self.dw(y)))
            return (x + self.bn3(self.project(y))).mean((2, 3))

    return Net()
