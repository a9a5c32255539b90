"""the decoder is the encoder transposed, from bare parameters in PyTorch"""

TRUTH = "right"
INPUT = (8,)
LOSS = "mean_squared_error"


def keras_model():
    import keras
    from keras import layers, ops

    class Back(layers.Layer):
        def __init__(self, other, **k):
            super().__init__(**k)
            self.other = other

        def build(self, shape):
            self.b = self.add_weight(shape=(8,), name="b")

        def call(self, x):
            return ops.matmul(x, ops.transpose(self.other.kernel)) + self.b

    i = keras.Input(INPUT)
    enc = layers.Dense(3, activation="sigmoid", name="enc")
    return keras.Model(i, Back(enc)(enc(i)))


def torch_model():
    import torch
    import torch.nn.functional as F
    from torch import nn

    class AE(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.randn(3, 8))
            self.hidden_bias, self.out_bias = (
                nn.Parameter(torch.zeros(3)),
                nn.Parameter(torch.zeros(8)),
            )

        def forward(self, x):
            h = torch.sigmoid(F.linear(x, self.weight, self.hidden_bias))
            return F.linear(h, self.weight.t(), self.out_bias)

    return AE()
