"""rare classes weigh more in Keras, and the port forgot it"""

import numpy as np

TRUTH = "wrong"
PLACE = ("loss", "gradient")
CAUSE = "class weights on one side"
CAUSES = ("class_weights",)
INPUT = (6,)
WEIGHTS_OF_CLASSES = [1.0, 2.0, 5.0]


def data():
    rng = np.random.default_rng(0)
    return rng.normal(size=(60, 6)), rng.integers(0, 3, 60)


def keras_loss(y, p):
    import keras

    y = keras.ops.cast(keras.ops.reshape(y, (-1,)), "int32")
    rows = keras.ops.sparse_categorical_crossentropy(y, p, from_logits=True)
    return keras.ops.mean(keras.ops.take(keras.ops.cast(WEIGHTS_OF_CLASSES, p.dtype), y) * rows)


def torch_loss(p, y):
    import torch.nn.functional as F

    return F.cross_entropy(p, y.long())


LOSS = {"keras": keras_loss, "torch": torch_loss}


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Dense(5, activation="relu", name="h"),
            layers.Dense(3, name="out"),
        ]
    )


def torch_model():
    from torch import nn

    return nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 3))
