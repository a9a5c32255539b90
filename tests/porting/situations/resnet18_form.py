"""ResNet18: two basic blocks, the second with a stride and a shortcut"""

TRUTH = "right"
INPUT = (12, 12, 3)


def keras_model():
    import keras
    from keras import layers

    def norm(x, name):
        return layers.BatchNormalization(epsilon=1e-5, momentum=0.9, name=name)(x)

    def conv(x, width, size, stride, name):
        if size == 3:
            x = layers.ZeroPadding2D(1)(x)
        x = layers.Conv2D(width, size, strides=stride, use_bias=False, name=name)(x)
        return norm(x, f"{name}_bn")

    def block(x, width, stride, name):
        y = layers.ReLU()(conv(x, width, 3, stride, f"{name}_1"))
        y = conv(y, width, 3, 1, f"{name}_2")
        if stride == 2:
            x = conv(x, width, 1, stride, f"{name}_down")
        return layers.ReLU()(layers.add([x, y]))

    i = keras.Input(INPUT)
    x = layers.ReLU()(conv(i, 3, 3, 1, "stem"))
    x = block(block(x, 3, 1, "one"), 5, 2, "two")
    return keras.Model(i, layers.Dense(2, name="fc")(layers.GlobalAveragePooling2D()(x)))


def torch_model():
    import torch.nn.functional as F
    from torch import nn

    class Block(nn.Module):
        def __init__(self, before, width, stride):
            super().__init__()
            self.downsample = None
            if stride == 2:
                self.downsample = nn.Sequential(
                    nn.Conv2d(before, width, 1, stride, bias=False), nn.BatchNorm2d(width)
                )
            self.conv1, self.bn1 = (
                nn.Conv2d(before, width, 3, stride, 1, bias=False),
                nn.BatchNorm2d(width),
            )
            self.conv2, self.bn2 = (
                nn.Conv2d(width, width, 3, 1, 1, bias=False),
                nn.BatchNorm2d(width),
            )

        def forward(self, x):
            y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
            return F.relu(y + (self.downsample(x) if self.downsample else x))

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1, self.bn1 = nn.Conv2d(3, 3, 3, padding=1, bias=False), nn.BatchNorm2d(3)
            self.layers = nn.Sequential(Block(3, 3, 1), Block(3, 5, 2))
            self.fc = nn.Linear(5, 2)

        def forward(self, x):
            return self.fc(self.layers(F.relu(self.bn1(self.conv1(x)))).mean((2, 3)))

    return Net()
