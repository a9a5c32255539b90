"""the port has no dropout"""

TRUTH = "wrong"
PLACE = "dropout"
CAUSE = "dropout missing"
CAUSES = ("dropout_rate",)
INPUT = (8,)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Dense(6, activation="relu", name="h"),
            layers.Dropout(0.3, name="dropout"),
            layers.Dense(2, name="out"),
        ]
    )


def torch_model():
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.h, self.out = nn.Linear(8, 6), nn.Linear(6, 2)

        def forward(self, x):
            return self.out(F.relu(self.h(x)))

    return Net()
