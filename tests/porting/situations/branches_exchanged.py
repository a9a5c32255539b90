"""the two branches are put together in the other order"""

TRUTH = "wrong"
PLACE = "out"
CAUSE = "branches exchanged"
CAUSES = ("concat_order",)
INPUT = (10, 3)


def keras_model():
    import keras
    from keras import layers

    i = keras.Input(INPUT)
    narrow = layers.Conv1D(4, 3, activation="relu", padding="same", name="narrow")(i)
    wide = layers.Conv1D(4, 5, activation="relu", padding="same", name="wide")(i)
    return keras.Model(i, layers.Dense(2, name="out")(layers.concatenate([narrow, wide])))


def torch_model():
    import torch
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.narrow, self.wide = nn.Conv1d(3, 4, 3, padding=1), nn.Conv1d(3, 4, 5, padding=2)
            self.out = nn.Linear(8, 2)

        def forward(self, x):
            x = x.mT
            both = torch.cat([self.wide(x), self.narrow(x)], 1)
            return self.out(F.relu(both).mT)

    return Net()
