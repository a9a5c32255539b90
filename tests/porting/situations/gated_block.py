"""a block of a language model: a normalisation of one's own, a gated unit, no biases"""

TRUTH = "right"
INPUT = (6,)
TOKENS = 15
LOSS = "categorical_crossentropy"


def keras_model():
    import keras
    from keras import layers, ops

    i = keras.Input(INPUT)
    x = layers.Embedding(15, 8)(i)
    h = layers.RMSNormalization(epsilon=1e-6)(x)
    x = x + layers.Dense(8, use_bias=False)(
        ops.silu(layers.Dense(12, use_bias=False)(h)) * layers.Dense(12, use_bias=False)(h)
    )
    return keras.Model(
        i, layers.Dense(15, use_bias=False)(layers.RMSNormalization(epsilon=1e-6)(x))
    )


def torch_model():
    import torch
    import torch.nn.functional as F
    from torch import nn

    class RMSNorm(nn.Module):
        def __init__(self, n):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(n))

        def forward(self, x):
            return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * self.weight

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.tok = nn.Embedding(15, 8)
            self.n1, self.n2 = RMSNorm(8), RMSNorm(8)
            self.w1, self.w3, self.w2 = (
                nn.Linear(8, 12, bias=False),
                nn.Linear(8, 12, bias=False),
                nn.Linear(12, 8, bias=False),
            )
            self.head = nn.Linear(8, 15, bias=False)

        def forward(self, t):
            x = self.tok(t)
            h = self.n1(x)
            x = x + self.w2(F.silu(self.w1(h)) * self.w3(h))
            return self.head(self.n2(x))

    return Net()
