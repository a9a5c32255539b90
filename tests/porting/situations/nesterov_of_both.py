"""Nesterov's momentum, written as a velocity in one and as a buffer in the other"""

TRUTH = "right"
INPUT = (6,)


def keras_optimizer():
    import keras

    return keras.optimizers.SGD(1e-2, momentum=0.9, nesterov=True)


def torch_optimizer(parameters):
    import torch

    return torch.optim.SGD(parameters, 1e-2, momentum=0.9, nesterov=True)


OPTIMIZER = {"keras": keras_optimizer, "torch": torch_optimizer}


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
