"""Attention(use_scale=True) has one number to learn"""

TRUTH = "right"
INPUT = (5, 6)


def keras_model():
    import keras
    from keras import layers

    i = keras.Input(INPUT)
    x = layers.Attention(use_scale=True, name="attention")(
        [layers.Dense(4, name="q")(i), layers.Dense(4, name="k")(i)]
    )
    return keras.Model(i, layers.Dense(2, name="out")(x))


def torch_model():
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.q, self.k, self.out = nn.Linear(6, 4), nn.Linear(6, 4), nn.Linear(4, 2)
            self.scale = nn.Parameter(torch.ones(()))

        def forward(self, x):
            q, k = self.q(x), self.k(x)
            return self.out(torch.softmax(self.scale * q @ k.mT, -1) @ k)

    return Net()
