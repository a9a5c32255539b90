"""CREPE: convolutions with a stride over time, normalisation behind the activation, a flatten"""

TRUTH = "right"
INPUT = (64,)


def keras_model():
    import keras
    from keras import layers

    i = keras.Input(INPUT)
    x = layers.Reshape((64, 1, 1))(i)
    for n, (width, stride) in enumerate([(8, 4), (4, 1)]):
        x = layers.Conv2D(
            4, (width, 1), strides=(stride, 1), padding="same", activation="relu", name=f"conv{n}"
        )(x)
        x = layers.BatchNormalization(name=f"bn{n}")(x)
        x = layers.MaxPooling2D((2, 1))(x)
    x = layers.Flatten()(layers.Permute((2, 1, 3))(x))
    return keras.Model(i, layers.Dense(6, activation="sigmoid", name="pitch")(x))


def torch_model():
    import torch
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv0, self.conv1 = nn.Conv2d(1, 4, (8, 1), stride=(4, 1)), nn.Conv2d(4, 4, (4, 1))
            self.bn0, self.bn1 = (nn.BatchNorm2d(4, eps=1e-3, momentum=0.01) for _ in range(2))
            self.pitch = nn.Linear(16, 6)

        def forward(self, x):
            x = F.pad(x[:, None, :, None], (0, 0, 2, 2))
            x = F.max_pool2d(self.bn0(F.relu(self.conv0(x))), (2, 1))
            x = F.pad(x, (0, 0, 1, 2))
            x = F.max_pool2d(self.bn1(F.relu(self.conv1(x))), (2, 1))
            return torch.sigmoid(self.pitch(x.permute(0, 3, 2, 1).flatten(1)))

    return Net()
