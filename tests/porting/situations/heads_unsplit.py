"""the heads are put together without the transpose back"""

TRUTH = "wrong"
PLACE = "o"
CAUSE = "reshape for a transpose"
CAUSES = ("reshape_for_transpose",)
INPUT = (4, 8)


def keras_model():
    import keras
    from keras import layers

    def split(z):
        return keras.ops.transpose(keras.ops.reshape(z, (-1, 4, 2, 4)), (0, 2, 1, 3))

    i = keras.Input(INPUT)
    q, k, v = (split(layers.Dense(8, name=name)(i)) for name in ("q", "k", "v"))
    a = keras.ops.softmax(q @ keras.ops.transpose(k, (0, 1, 3, 2)) / 2)
    x = keras.ops.reshape(keras.ops.transpose(a @ v, (0, 2, 1, 3)), (-1, 4, 8))
    return keras.Model(i, layers.Dense(8, name="o")(x))


def torch_model():
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.q, self.k, self.v, self.o = (nn.Linear(8, 8) for _ in range(4))

        def forward(self, x):
            q, k, v = (w(x).view(-1, 4, 2, 4).transpose(1, 2) for w in (self.q, self.k, self.v))
            return self.o(F.scaled_dot_product_attention(q, k, v).reshape(-1, 4, 8))

    return Net()
