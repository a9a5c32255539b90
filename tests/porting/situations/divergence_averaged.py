"""a part of the loss is averaged over the code and not summed"""

TRUTH = "wrong"
PLACE = ("loss",)
CAUSE = "a part of the loss is averaged over the code and not summed"
CAUSES = ("loss_reduction", "loss_factor")
INPUT = (6,)


def loss_keras(y_true, y_pred):
    from keras import ops

    m, v = y_pred
    return -0.5 * ops.mean(ops.sum(1 + v - ops.square(m) - ops.exp(v), -1))


def loss_torch(output, y):
    m, v = output
    return 0.5 * (m.pow(2) + v.exp() - 1 - v).mean()


LOSS = {"keras": loss_keras, "torch": loss_torch}


def keras_model():
    import keras
    from keras import layers

    i = keras.Input(INPUT)
    h = layers.Dense(5, activation="tanh")(i)
    return keras.Model(i, [layers.Dense(2, name="m")(h), layers.Dense(2, name="v")(h)])


def torch_model():
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.enc, self.m, self.v = nn.Linear(6, 5), nn.Linear(5, 2), nn.Linear(5, 2)

        def forward(self, x):
            x = torch.tanh(self.enc(x))
            return self.m(x), self.v(x)

    return Net()
