"""labels are smoothed in Keras alone"""

import numpy as np

TRUTH = "wrong"
PLACE = ("loss", "gradient")
CAUSE = "label smoothing"
CAUSES = ("label_smoothing",)
INPUT = (6,)


def data():
    rng = np.random.default_rng(0)
    return rng.normal(size=(60, 6)), np.eye(3)[rng.integers(0, 3, 60)]


def keras_loss(y, p):
    import keras

    return keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)(y, p)


def torch_loss(p, y):
    import torch.nn.functional as F

    return F.cross_entropy(p, y)


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
