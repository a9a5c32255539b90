"""group normalisation with both defaults"""

TRUTH = "wrong"
PLACE = "gn"
CAUSE = "epsilon of the normalisation"
CAUSES = ("epsilon",)
INPUT = (6, 6, 3)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Conv2D(4, 3, name="c"),
            layers.GroupNormalization(2, name="gn"),
            layers.ReLU(),
            layers.GlobalAveragePooling2D(),
        ]
    )


def torch_model():
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.c, self.gn = nn.Conv2d(3, 4, 3), nn.GroupNorm(2, 4)

        def forward(self, x):
            return F.relu(self.gn(self.c(x))).mean((2, 3))

    return Net()
