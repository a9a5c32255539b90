"""a threshold whose gradient is passed on, written in two ways"""

TRUTH = "right"
INPUT = (6,)


def keras_model():
    import keras
    from keras import layers, ops

    i = keras.Input(INPUT)
    x = layers.Dense(5, activation="sigmoid")(i)
    x = x + ops.stop_gradient(ops.cast(x > 0.5, x.dtype) - x)
    return keras.Model(i, layers.Dense(2)(x))


def torch_model():
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(6, 5), nn.Linear(5, 2)

        def forward(self, x):
            x = torch.sigmoid(self.a(x))
            return self.b((x.gt(0.5).to(x.dtype) - x).detach() + x)

    return Net()
