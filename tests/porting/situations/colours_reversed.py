"""blue and red are exchanged in the port's first line"""

TRUTH = "wrong"
PLACE = ("c", "input")
CAUSE = "order of the colours"
CAUSES = ("channel_order",)
INPUT = (8, 8, 3)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Conv2D(4, 3, activation="relu", name="c"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2, name="out"),
        ]
    )


def torch_model():
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.c, self.out = nn.Conv2d(3, 4, 3), nn.Linear(4, 2)

        def forward(self, x):
            return self.out(F.relu(self.c(x.flip(1))).mean((2, 3)))

    return Net()
