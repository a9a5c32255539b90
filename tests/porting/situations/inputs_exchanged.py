"""a difference with the sign turned"""

TRUTH = "wrong"
PLACE = "out"
CAUSE = "inputs exchanged"
CAUSES = ("inputs_exchanged",)
INPUT = ((6,), (6,))


def keras_model():
    import keras
    from keras import layers

    a, b = keras.Input((6,)), keras.Input((6,))
    tower = layers.Dense(4, activation="relu", name="tower")
    x = layers.subtract([tower(a), tower(b)])
    return keras.Model([a, b], layers.Dense(1, name="out")(x))


def torch_model():
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.tower, self.out = nn.Linear(6, 4), nn.Linear(4, 1)

        def forward(self, b, a):
            return self.out(F.relu(self.tower(a)) - F.relu(self.tower(b)))

    return Net()
