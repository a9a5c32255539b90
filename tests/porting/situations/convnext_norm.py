"""ConvNeXt: a layer normalisation over channels between two convolutions"""

TRUTH = "right"
INPUT = (8, 8, 3)


def keras_model():
    import keras
    from keras import layers

    i = keras.Input(INPUT)
    x = layers.Conv2D(4, 2, strides=2, name="stem")(i)
    y = layers.DepthwiseConv2D(3, padding="same", name="dw")(x)
    y = layers.LayerNormalization(epsilon=1e-6, name="ln")(y)
    y = layers.Dense(4, name="pw2")(layers.Dense(8, activation="gelu", name="pw1")(y))
    return keras.Model(i, layers.GlobalAveragePooling2D()(layers.add([x, y])))


def torch_model():
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem, self.dw = (
                nn.Conv2d(3, 4, 2, stride=2),
                nn.Conv2d(4, 4, 3, padding=1, groups=4),
            )
            self.ln, self.pw1, self.pw2 = (
                nn.LayerNorm(4, eps=1e-6),
                nn.Linear(4, 8),
                nn.Linear(8, 4),
            )

        def forward(self, x):
            x = self.stem(x)
            y = self.ln(self.dw(x).permute(0, 2, 3, 1))
            y = self.pw2(F.gelu(self.pw1(y))).permute(0, 3, 1, 2)
            return (x + y).mean((2, 3))

    return Net()
