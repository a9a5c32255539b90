"""one tower for two images, the root of a distance"""

TRUTH = "right"
LOSS = "binary_crossentropy"
INPUT = {"left": (6, 6, 1), "right": (6, 6, 1)}


def keras_model():
    import keras
    from keras import layers

    left, right = (keras.Input(shape, name=name) for name, shape in INPUT.items())
    tower = keras.Sequential(
        [
            layers.Conv2D(3, 3, activation="relu", name="c"),
            layers.Flatten(),
            layers.Dense(4, name="code"),
        ],
        name="tower",
    )
    a, b = tower(left), tower(right)
    d = keras.ops.sqrt(keras.ops.sum(keras.ops.square(a - b), axis=1, keepdims=True) + 1e-6)
    return keras.Model({"left": left, "right": right}, layers.Dense(1, name="out")(d))


def torch_model():
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.c, self.code, self.out = nn.Conv2d(1, 3, 3), nn.Linear(48, 4), nn.Linear(1, 1)

        def forward(self, left, right):
            a, b = (self.code(F.relu(self.c(x)).movedim(1, -1).flatten(1)) for x in (left, right))
            return self.out(((a - b).square().sum(1, keepdim=True) + 1e-6).sqrt())

    return Net()
