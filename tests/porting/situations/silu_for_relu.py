"""a model of swish was ported with the activation of the tutorial"""

TRUTH = "wrong"
PLACE = ("h", "silu", "relu", "out")
CAUSE = "another activation"
CAUSES = ("activation",)
INPUT = (6,)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Dense(5, activation="silu", name="h"),
            layers.Dense(2, name="out"),
        ]
    )


def torch_model():
    from torch import nn

    return nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 2))
