"""the root of the width was forgotten"""

TRUTH = "wrong"
PLACE = ("o", "softmax", "attention")
CAUSE = "scale of attention"
CAUSES = ("attention_scale",)
INPUT = (5, 8)


def keras_model():
    import keras
    from keras import layers

    i = keras.Input(INPUT)
    q, k, v = (layers.Dense(8, name=name)(i) for name in ("q", "k", "v"))
    x = layers.Attention(name="attention")([q, v, k])
    return keras.Model(i, layers.Dense(2, name="o")(x))


def torch_model():
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.q, self.k, self.v, self.o = (
                nn.Linear(8, 8),
                nn.Linear(8, 8),
                nn.Linear(8, 8),
                nn.Linear(8, 2),
            )

        def forward(self, x):
            return self.o(F.scaled_dot_product_attention(self.q(x), self.k(x), self.v(x)))

    return Net()
