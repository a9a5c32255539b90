"""squeeze and excite: 1x1 convolutions in Keras, linear layers in PyTorch"""

TRUTH = "right"
INPUT = (7, 7, 3)


def keras_model():
    import keras
    from keras import layers

    i = keras.Input(INPUT)
    x = layers.Conv2D(6, 3, activation="silu", name="conv")(i)
    s = layers.GlobalAveragePooling2D(keepdims=True)(x)
    s = layers.Conv2D(2, 1, activation="silu", name="reduce")(s)
    s = layers.Conv2D(6, 1, activation="sigmoid", name="expand")(s)
    return keras.Model(i, layers.GlobalMaxPooling2D()(layers.multiply([x, s])))


def torch_model():
    import torch
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.reduce, self.expand = (
                nn.Conv2d(3, 6, 3),
                nn.Linear(6, 2),
                nn.Linear(2, 6),
            )

        def forward(self, x):
            x = F.silu(self.conv(x))
            s = torch.sigmoid(self.expand(F.silu(self.reduce(x.mean((2, 3))))))
            return (x * s[:, :, None, None]).amax((2, 3))

    return Net()
