"""heads of attention split by a reshape alone, without the transpose"""

TRUTH = "wrong"
PLACE = ("o ~ proj",)
CAUSE = "heads of attention split by a reshape alone, without the transpose"
CAUSES = ("reshape_for_transpose",)
INPUT = (6, 8)
LOSS = "categorical_crossentropy"


def keras_model():
    import keras
    from keras import layers, ops

    i = keras.Input(INPUT)
    q, k, v = (layers.Dense(8, name=n)(i) for n in "qkv")

    def heads(z):
        return ops.transpose(ops.reshape(z, (-1, 6, 2, 4)), (0, 2, 1, 3))

    a = ops.softmax(ops.einsum("bhqd,bhkd->bhqk", heads(q), heads(k)) * 0.5)
    x = ops.reshape(
        ops.transpose(ops.einsum("bhqk,bhkd->bhqd", a, heads(v)), (0, 2, 1, 3)), (-1, 6, 8)
    )
    return keras.Model(i, layers.Dense(8, name="o")(x))


def torch_model():
    from torch import nn

    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.q, self.k, self.v, self.proj = (nn.Linear(8, 8) for _ in range(4))

        def forward(self, x):
            q, k, v = (f(x).reshape(-1, 2, 6, 4) for f in (self.q, self.k, self.v))
            a = (q @ k.mT / 2).softmax(-1)
            return self.proj((a @ v).transpose(1, 2).reshape(-1, 6, 8))

    return Attention()
