"""Huber's loss turns into a line at 1 by default, and at 0.5 in the port"""

TRUTH = "wrong"
PLACE = ("loss", "gradient")
CAUSE = "delta of Huber's loss"
CAUSES = ("huber_delta",)
INPUT = (6,)


def keras_loss(y, p):
    import keras

    return keras.losses.Huber()(y, p)


def torch_loss(p, y):
    import torch.nn.functional as F

    return F.huber_loss(p, y, delta=0.5)


LOSS = {"keras": keras_loss, "torch": torch_loss}


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Dense(5, activation="tanh", name="h"),
            layers.Dense(1, name="out"),
        ]
    )


def torch_model():
    from torch import nn

    return nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 1))
