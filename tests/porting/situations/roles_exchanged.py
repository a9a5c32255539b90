"""PAIRS says whose weights are whose, and the port calls the two the other way round"""

TRUTH = "wrong"
PLACE = ("first", "second", "a", "b")
CAUSE = "two layers of one shape exchanged"
CAUSES = ("layers_exchanged",)
INPUT = (6,)
PAIRS = {"a": "a", "b": "b"}


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Dense(6, activation="relu", name="a"),
            layers.Dense(6, activation="relu", name="b"),
            layers.Dense(2, name="out"),
        ]
    )


def torch_model():
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.out = nn.Linear(6, 6), nn.Linear(6, 6), nn.Linear(6, 2)

        def forward(self, x):
            return self.out(F.relu(self.a(F.relu(self.b(x)))))

    return Net()
