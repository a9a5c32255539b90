"""one layer three times, in a loop"""

TRUTH = "right"
INPUT = (6,)


def keras_model():
    import keras
    from keras import layers

    i = keras.Input(INPUT)
    h = layers.Dense(6, activation="tanh", name="h")
    x = i
    for _ in range(3):
        x = h(x) + x
    return keras.Model(i, layers.Dense(2)(x))


def torch_model():
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.h, self.o = nn.Linear(6, 6), nn.Linear(6, 2)

        def forward(self, x):
            for _ in range(3):
                x = torch.tanh(self.h(x)) + x
            return self.o(x)

    return Net()
