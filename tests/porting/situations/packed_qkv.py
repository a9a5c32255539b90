"""three dense layers against one that gives q, k and v side by side"""

TRUTH = "right"
INPUT = (5, 8)


def keras_model():
    import keras
    from keras import layers

    i = keras.Input(INPUT)
    q, k, v = (layers.Dense(8, name=name)(i) for name in ("q", "k", "v"))
    a = keras.ops.softmax(q @ keras.ops.transpose(k, (0, 2, 1)) / 8**0.5)
    return keras.Model(i, layers.Dense(8, name="o")(a @ v))


def torch_model():
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.qkv, self.o = nn.Linear(8, 24), nn.Linear(8, 8)

        def forward(self, x):
            q, k, v = self.qkv(x).chunk(3, dim=-1)
            return self.o(torch.softmax(q @ k.mT / 8**0.5, -1) @ v)

    return Net()
