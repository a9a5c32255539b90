"""one of two branches gives no gradient in Keras"""

TRUTH = "wrong"
PLACE = ("b", "gradient")
CAUSE = "detached branch"
CAUSES = ("detached",)
INPUT = (6,)


def keras_model():
    import keras
    from keras import layers

    i = keras.Input(INPUT)
    a = layers.Dense(4, activation="tanh", name="a")(i)
    b = layers.Dense(3, activation="tanh", name="b")(i)
    x = layers.concatenate([a, keras.ops.stop_gradient(b)])
    return keras.Model(i, layers.Dense(2, name="out")(x))


def torch_model():
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.out = nn.Linear(6, 4), nn.Linear(6, 3), nn.Linear(7, 2)

        def forward(self, x):
            return self.out(torch.tanh(torch.cat([self.a(x), self.b(x)], 1)))

    return Net()
