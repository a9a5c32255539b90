"""F.dropout draws in evaluation too, unless it is told"""

TRUTH = "random"
CAUSES = ("dropout_in_evaluation",)
INPUT = (8,)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Dense(6, activation="relu", name="h"),
            layers.Dropout(0.5, name="dropout"),
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
            return self.out(F.dropout(F.relu(self.h(x))))

    return Net()
