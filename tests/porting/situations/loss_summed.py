"""the sum over rows against their mean"""

TRUTH = "wrong"
PLACE = ("loss", "gradient")
CAUSE = "sum or mean reduction"
CAUSES = ("loss_reduction",)
INPUT = (6,)


def keras_loss(y, p):
    import keras

    return keras.losses.MeanSquaredError()(y, p)


def torch_loss(p, y):
    return ((p - y) ** 2).sum()


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
