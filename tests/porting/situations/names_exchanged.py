"""the gate is called "value" and the value "gate" in PyTorch: names are no roles"""

TRUTH = "right"
INPUT = (6,)


def keras_model():
    import keras
    from keras import layers

    i = keras.Input(INPUT)
    value = layers.Dense(5, activation="tanh", name="value")(i)
    gate = layers.Dense(5, activation="sigmoid", name="gate")(i)
    return keras.Model(i, layers.Dense(1, name="out")(layers.multiply([value, gate])))


def torch_model():
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.gate, self.value, self.out = nn.Linear(6, 5), nn.Linear(6, 5), nn.Linear(5, 1)

        def forward(self, x):
            return self.out(torch.sigmoid(self.value(x)) * torch.tanh(self.gate(x)))

    return Net()
