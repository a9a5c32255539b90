"""the weights of attention sum to one over the queries"""

TRUTH = "wrong"
PLACE = ("v", "softmax", "o")
CAUSE = "axis of the softmax"
CAUSES = ("softmax_axis",)
INPUT = (5, 8)


def keras_model():
    import keras
    from keras import layers

    i = keras.Input(INPUT)
    q, k, v = (layers.Dense(n, name=name)(i) for n, name in ((8, "q"), (8, "k"), (6, "v")))
    a = keras.ops.softmax(q @ keras.ops.transpose(k, (0, 2, 1)) / 8**0.5)
    return keras.Model(i, layers.Dense(8, name="o")(a @ v))


def torch_model():
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.q, self.k, self.v, self.o = (
                nn.Linear(8, 8),
                nn.Linear(8, 8),
                nn.Linear(8, 6),
                nn.Linear(6, 8),
            )

        def forward(self, x):
            a = torch.softmax(self.q(x) @ self.k(x).mT / 8**0.5, dim=1)
            return self.o(a @ self.v(x))

    return Net()
