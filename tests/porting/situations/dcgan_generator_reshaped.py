"""the generator's dense output is viewed as channels first"""

TRUTH = "wrong"
PLACE = ("up1", "between", "project")
CAUSE = "order of channels in a reshape"
CAUSES = ("reshape_order",)
INPUT = (5,)


def keras_model():
    import keras
    from keras import layers

    i = keras.Input(INPUT)
    x = layers.Dense(3 * 3 * 4, use_bias=False, name="project")(i)
    x = layers.Reshape((3, 3, 4))(layers.LeakyReLU(0.3)(x))
    x = layers.Conv2DTranspose(3, 4, strides=2, padding="same", use_bias=False, name="up1")(x)
    x = layers.LeakyReLU(0.3)(layers.BatchNormalization(name="bn2")(x))
    return keras.Model(
        i, layers.Conv2DTranspose(1, 5, padding="same", activation="tanh", name="up2")(x)
    )


def torch_model():
    import torch
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.project = nn.Linear(5, 36, bias=False)
            self.up1 = nn.ConvTranspose2d(4, 3, 4, stride=2, padding=1, bias=False)
            self.bn2 = nn.BatchNorm2d(3, eps=1e-3, momentum=0.01)
            self.up2 = nn.ConvTranspose2d(3, 1, 5, padding=2)

        def forward(self, x):
            x = F.leaky_relu(self.project(x), 0.3).view(-1, 4, 3, 3)
            x = F.leaky_relu(self.bn2(self.up1(x)), 0.3)
            return torch.tanh(self.up2(x)).permute(0, 2, 3, 1)

    return Net()
