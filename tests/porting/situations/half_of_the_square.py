"""half of the squared error in the port, as physicists write it"""

TRUTH = "wrong"
PLACE = ("loss", "gradient")
CAUSE = "loss times a half"
CAUSES = ("loss_factor",)
INPUT = (6,)


def keras_loss(y, p):
    import keras

    return keras.losses.MeanSquaredError()(y, p)


def torch_loss(p, y):
    return 0.5 * ((p - y) ** 2).mean()


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
