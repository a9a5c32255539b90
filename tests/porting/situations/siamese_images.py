"""one tower for two images by name, and the distance of what it gives"""

TRUTH = "right"
INPUT = {"left": (8, 8, 1), "right": (8, 8, 1)}
LOSS = "binary_crossentropy"


def keras_model():
    import keras
    from keras import layers, ops

    tower = keras.Sequential(
        [layers.Conv2D(3, 3, activation="relu"), layers.GlobalMaxPooling2D(), layers.Dense(4)],
        name="tower",
    )
    a, b = keras.Input((8, 8, 1), name="left"), keras.Input((8, 8, 1), name="right")
    distance = ops.abs(tower(a) - tower(b))
    return keras.Model({"left": a, "right": b}, layers.Dense(1)(distance))


def torch_model():
    from torch import nn

    class Siamese(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed = nn.Sequential(
                nn.Conv2d(1, 3, 3),
                nn.ReLU(),
                nn.AdaptiveMaxPool2d(1),
                nn.Flatten(),
                nn.Linear(3, 4),
            )
            self.score = nn.Linear(4, 1)

        def forward(self, left, right):
            return self.score((self.embed(left) - self.embed(right)).abs())

    return Siamese()
