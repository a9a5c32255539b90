"""positions are added before the scale instead of after it"""

TRUTH = "wrong"
PLACE = ("between", "h", "pos")
CAUSE = "positions added before the scale"
CAUSES = ("scale_place",)
INPUT = (6,)
TOKENS = 11


def keras_model():
    import keras
    from keras import layers

    class Positions(layers.Layer):
        def build(self, shape):
            self.table = self.add_weight(shape=shape[1:], name="table")

        def call(self, x):
            return x + self.table

    i = keras.Input(INPUT)
    x = layers.Embedding(TOKENS, 8, name="e")(i) * 8**0.5
    return keras.Model(i, layers.Dense(3, name="h")(Positions(name="pos")(x)))


def torch_model():
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.e, self.pos = nn.Embedding(TOKENS, 8), nn.Parameter(torch.randn(6, 8))
            self.h = nn.Linear(8, 3)

        def forward(self, x):
            return self.h((self.e(x) + self.pos) * 8**0.5)

    return Net()
