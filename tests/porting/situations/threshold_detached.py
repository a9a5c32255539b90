"""no gradient goes through a threshold, as if it were detached"""

TRUTH = "wrong"
PLACE = ("code",)
CAUSE = "a straight-through gradient of one model alone: a threshold is as good as detached"
CAUSES = ("own_gradient",)
INPUT = (6,)


def keras_model():
    import keras
    from keras import layers, ops

    i = keras.Input(INPUT)
    x = layers.Dense(5, activation="sigmoid", name="code")(i)
    x = x + ops.stop_gradient(ops.cast(x > 0.5, x.dtype) - x)
    return keras.Model(i, layers.Dense(2, name="out")(x))


def torch_model():
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(6, 5), nn.Linear(5, 2)

        def forward(self, x):
            return self.b(torch.sigmoid(self.a(x)).gt(0.5).to(x.dtype))

    return Net()
