"""the absolute error for the squared one"""

TRUTH = "wrong"
PLACE = ("loss", "gradient")
CAUSE = "another loss"
CAUSES = ("loss_kind",)
INPUT = (6,)


def keras_loss(y, p):
    import keras

    return keras.losses.MeanSquaredError()(y, p)


def torch_loss(p, y):
    import torch.nn.functional as F

    return F.l1_loss(p, y)


LOSS = {"keras": keras_loss, "torch": torch_loss}


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Dense(5, activation="relu", name="h"),
            layers.Dense(1, name="out"),
        ]
    )


def torch_model():
    from torch import nn

    return nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 1))
