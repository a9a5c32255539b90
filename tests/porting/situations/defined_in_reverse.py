"""three dense layers of one shape, defined from the last to the first"""

TRUTH = "right"
INPUT = (6,)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Dense(6, activation="tanh", name="a"),
            layers.Dense(6, activation="relu", name="b"),
            layers.Dense(6, name="c"),
        ]
    )


def torch_model():
    import torch
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.third = nn.Linear(6, 6)
            self.second = nn.Linear(6, 6)
            self.first = nn.Linear(6, 6)

        def forward(self, x):
            return self.third(F.relu(self.second(torch.tanh(self.first(x)))))

    return Net()
