"""the activation and the normalisation are exchanged"""

TRUTH = "wrong"
PLACE = "bn"
CAUSE = "normalisation before or after the activation"
CAUSES = ("normalisation_place",)
INPUT = (7, 7, 3)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Conv2D(4, 3, name="c"),
            layers.BatchNormalization(name="bn"),
            layers.ReLU(name="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2, name="out"),
        ]
    )


def torch_model():
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.c, self.bn = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4, eps=1e-3, momentum=0.01)
            self.relu, self.out = nn.ReLU(), nn.Linear(4, 2)

        def forward(self, x):
            return self.out(self.bn(self.relu(self.c(x))).mean((2, 3)))

    return Net()
