"""the constraint on a kernel's columns was not carried over"""

TRUTH = "wrong"
PLACE = ("h", "step", "norm")
CAUSE = "max-norm"
CAUSES = ("max_norm",)
INPUT = (6,)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Dense(
                5, activation="tanh", kernel_constraint=keras.constraints.MaxNorm(0.3), name="h"
            ),
            layers.Dense(1, name="out"),
        ]
    )


def torch_model():
    from torch import nn

    return nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 1))
