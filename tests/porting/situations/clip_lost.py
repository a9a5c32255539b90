"""a clip at 5 that ordinary rows never reach, lost"""

TRUTH = "wrong"
PLACE = ("act", "clip", "clamp", "hardtanh")
CAUSE = "clip of the activation"
CAUSES = ("clip",)
INPUT = (8,)


def keras_model():
    import keras
    from keras import layers

    i = keras.Input(INPUT)
    x = keras.ops.clip(layers.Dense(6, name="h")(i), -5, 5)
    return keras.Model(i, layers.Dense(2, name="out")(x))


def torch_model():
    from torch import nn

    return nn.Sequential(nn.Linear(8, 6), nn.Linear(6, 2))
