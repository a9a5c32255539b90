"""ResNet's old shortcut: every second pixel and zeros for the new channels"""

TRUTH = "right"
INPUT = (8, 8, 2)


def keras_model():
    import keras
    from keras import layers

    i = keras.Input(INPUT)
    y = layers.Conv2D(4, 3, strides=2, padding="same", name="conv")(layers.Activation("relu")(i))
    x = layers.MaxPooling2D(1, strides=2)(i)
    x = layers.concatenate([x, keras.ops.zeros_like(x)])
    return keras.Model(i, layers.GlobalMaxPooling2D()(layers.add([x, y])))


def torch_model():
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(2, 4, 3, stride=2)

        def forward(self, x):
            y = self.conv(F.pad(F.relu(x), (0, 1, 0, 1)))
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, 2))
            return (x + y).amax((2, 3))

    return Net()
