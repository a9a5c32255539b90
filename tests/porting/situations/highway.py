"""a highway: the gate lets the input through"""

TRUTH = "right"
INPUT = (6,)


def keras_model():
    import keras
    from keras import layers

    i = keras.Input(INPUT)
    h = layers.Dense(6, activation="relu", name="transform")(i)
    t = layers.Dense(
        6, activation="sigmoid", bias_initializer=keras.initializers.Constant(-2), name="gate"
    )(i)
    return keras.Model(i, layers.Dense(2, name="out")(h * t + i * (1 - t)))


def torch_model():
    import torch
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.gate, self.transform, self.out = nn.Linear(6, 6), nn.Linear(6, 6), nn.Linear(6, 2)
            nn.init.constant_(self.gate.bias, -2)

        def forward(self, x):
            return self.out(torch.lerp(x, F.relu(self.transform(x)), torch.sigmoid(self.gate(x))))

    return Net()
