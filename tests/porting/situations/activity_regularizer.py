"""a sparse code is paid for in Keras alone"""

import numpy as np

TRUTH = "wrong"
PLACE = ("loss", "gradient", "h")
CAUSE = "regulariser on one side"
CAUSES = ("regulariser",)
LOSS = "mean_squared_error"
INPUT = (6,)


def data():
    x = np.random.default_rng(0).normal(size=(60, 6))
    return x, x


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Dense(
                3, activation="relu", activity_regularizer=keras.regularizers.L1(0.1), name="h"
            ),
            layers.Dense(6, name="out"),
        ]
    )


def torch_model():
    from torch import nn

    return nn.Sequential(nn.Linear(6, 3), nn.ReLU(), nn.Linear(3, 6))
