"""targets (n,) against outputs (n, 1): every row is compared with every target"""

TRUTH = "wrong"
PLACE = ("loss", "gradient")
CAUSE = "(n,) against (n, 1)"
CAUSES = ("target_shape",)
INPUT = (6,)


def keras_loss(y, p):
    import keras

    return keras.losses.MeanSquaredError()(y, p)


def torch_loss(p, y):
    import torch.nn.functional as F

    return F.mse_loss(p, y.flatten())


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
