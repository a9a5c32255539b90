"""residual blocks in a list of the model against a ModuleList, in another order"""

TRUTH = "right"
INPUT = (8,)


def keras_model():
    import keras
    from keras import layers

    blocks = [layers.Dense(8, activation="tanh", name=f"block_{n}") for n in (2, 1, 0)]
    i = x = keras.Input(INPUT)
    for block in reversed(blocks):
        x = layers.add([x, block(x)])
    return keras.Model(i, layers.Dense(2, name="out")(x))


def torch_model():
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.blocks = nn.ModuleList(nn.Linear(8, 8) for _ in range(3))
            self.out = nn.Linear(8, 2)

        def forward(self, x):
            for block in self.blocks:
                x = x + torch.tanh(block(x))
            return self.out(x)

    return Net()
