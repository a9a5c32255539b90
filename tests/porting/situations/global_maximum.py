"""the mean over the image became a maximum"""

TRUTH = "wrong"
PLACE = ("pool", "between", "out")
CAUSE = "kind of the pooling"
CAUSES = ("pooling_kind",)
INPUT = (7, 7, 2)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Conv2D(4, 3, activation="relu", name="c"),
            layers.GlobalAveragePooling2D(name="pool"),
            layers.Dense(2, name="out"),
        ]
    )


def torch_model():
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.c, self.pool, self.out = (
                nn.Conv2d(2, 4, 3),
                nn.AdaptiveMaxPool2d(1),
                nn.Linear(4, 2),
            )

        def forward(self, x):
            return self.out(self.pool(F.relu(self.c(x))).flatten(1))

    return Net()
