"""one tower in one model, two that are not tied in the other"""

TRUTH = "wrong"
PLACE = ("tower",)
CAUSE = "one tower in one model, two that are not tied in the other"
CAUSES = ("tied",)
INPUT = ((6,), (6,))
LOSS = "binary_crossentropy"


def keras_model():
    import keras
    from keras import layers

    a, b = keras.Input((6,)), keras.Input((6,))
    tower = layers.Dense(4, activation="relu", name="tower")
    return keras.Model(
        [a, b], layers.Dense(1, name="score")(layers.Concatenate()([tower(a), tower(b)]))
    )


def torch_model():
    import torch
    import torch.nn.functional as F
    from torch import nn

    class Siamese(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(6, 4), nn.Linear(6, 4)
            self.score = nn.Linear(8, 1)

        def forward(self, x, y):
            return self.score(torch.cat([F.relu(self.a(x)), F.relu(self.b(y))], -1))

    return Siamese()
