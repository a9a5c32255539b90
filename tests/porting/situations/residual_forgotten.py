"""the shortcut was left out"""

TRUTH = "wrong"
PLACE = ("out", "b")
CAUSE = "residual"
CAUSES = ("residual_missing",)
INPUT = (8,)


def keras_model():
    import keras
    from keras import layers

    i = keras.Input(INPUT)
    x = layers.Dense(8, activation="relu", name="a")(i)
    y = layers.Dense(8, activation="relu", name="b")(x)
    return keras.Model(i, layers.Dense(2, name="out")(layers.add([x, y])))


def torch_model():
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.out = nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 2)

        def forward(self, x):
            return self.out(F.relu(self.b(F.relu(self.a(x)))))

    return Net()
