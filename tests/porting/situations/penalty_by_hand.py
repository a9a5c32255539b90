"""a penalty on a kernel, by a regularizer in Keras and by hand in PyTorch's loss"""

TRUTH = "right"
INPUT = (6,)


def keras_loss(y, p):
    import keras

    return keras.losses.MeanSquaredError()(y, p)


class Kept:
    model = None


def torch_loss(p, y):
    return ((p - y) ** 2).mean() + 0.02 * Kept.model[0].weight.abs().sum()


LOSS = {"keras": keras_loss, "torch": torch_loss}


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Dense(
                5, activation="tanh", kernel_regularizer=keras.regularizers.L1(0.02), name="h"
            ),
            layers.Dense(1, name="out"),
        ]
    )


def torch_model():
    from torch import nn

    Kept.model = nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 1))
    return Kept.model
