"""EEGNet with Keras's separable convolution, written in PyTorch with time as the width"""

TRUTH = "right"
INPUT = (4, 32, 1)


def keras_model():
    import keras
    from keras import layers

    i = keras.Input(INPUT)
    x = layers.Conv2D(2, (1, 9), padding="same", use_bias=False, name="time")(i)
    x = layers.BatchNormalization(name="bn1")(x)
    x = layers.DepthwiseConv2D((4, 1), depth_multiplier=2, use_bias=False, name="space")(x)
    x = layers.ELU()(layers.BatchNormalization(name="bn2")(x))
    x = layers.SpatialDropout2D(0.25)(layers.AveragePooling2D((1, 4))(x))
    x = layers.SeparableConv2D(3, (1, 4), padding="same", use_bias=False, name="separable")(x)
    x = layers.ELU()(layers.BatchNormalization(name="bn3")(x))
    x = layers.Flatten()(layers.AveragePooling2D((1, 4))(x))
    return keras.Model(i, layers.Dense(2, activation="softmax", name="classes")(x))


def torch_model():
    import torch.nn.functional as F
    from torch import nn

    def norm(n):
        return nn.BatchNorm2d(n, eps=1e-3, momentum=0.01)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.time, self.bn1 = nn.Conv2d(1, 2, (1, 9), padding="same", bias=False), norm(2)
            self.space, self.bn2 = nn.Conv2d(2, 4, (4, 1), groups=2, bias=False), norm(4)
            self.drop = nn.Dropout2d(0.25)
            self.depth = nn.Conv2d(4, 4, (1, 4), groups=4, padding="same", bias=False)
            self.point, self.bn3 = nn.Conv2d(4, 3, 1, bias=False), norm(3)
            self.classes = nn.Linear(6, 2)

        def forward(self, x):
            x = F.elu(self.bn2(self.space(self.bn1(self.time(x)))))
            x = self.drop(F.avg_pool2d(x, (1, 4)))
            x = F.avg_pool2d(F.elu(self.bn3(self.point(self.depth(x)))), (1, 4))
            return self.classes(x.permute(0, 2, 3, 1).flatten(1)).softmax(1)

    return Net()
