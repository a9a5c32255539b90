"""PAIRS names a layer that nobody has"""

TRUTH = "refuse"
INPUT = (6,)
PAIRS = {"out": "classifier"}


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential([keras.Input(INPUT), layers.Dense(2, name="out")])


def torch_model():
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.head = nn.Linear(6, 2)

        def forward(self, x):
            return self.head(x)

    return Net()
