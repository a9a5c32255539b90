"""ConvNeXt's blocks, channels last inside of PyTorch's"""

TRUTH = "right"
INPUT = (8, 8, 4)


def keras_model():
    import keras
    from keras import layers

    class Scale(layers.Layer):
        def build(self, shape):
            self.gamma = self.add_weight(shape=(shape[-1],), name="gamma")

        def call(self, x):
            return x * self.gamma

    i = x = keras.Input(INPUT)
    for _ in range(2):
        y = layers.DepthwiseConv2D(7, padding="same")(x)
        y = layers.LayerNormalization(epsilon=1e-6)(y)
        y = layers.Dense(4)(layers.Activation("gelu")(layers.Dense(16)(y)))
        x = layers.Add()([x, Scale()(y)])
    return keras.Model(i, layers.Dense(2)(layers.GlobalAveragePooling2D()(x)))


def torch_model():
    import torch
    from torch import nn

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.dwconv, self.norm = (
                nn.Conv2d(4, 4, 7, padding=3, groups=4),
                nn.LayerNorm(4, eps=1e-6),
            )
            self.pwconv1, self.act, self.pwconv2 = nn.Linear(4, 16), nn.GELU(), nn.Linear(16, 4)
            self.gamma = nn.Parameter(1e-6 * torch.ones(4))

        def forward(self, x):
            y = self.dwconv(x).permute(0, 2, 3, 1)
            y = self.gamma * self.pwconv2(self.act(self.pwconv1(self.norm(y))))
            return x + y.permute(0, 3, 1, 2)

    return nn.Sequential(Block(), Block(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
