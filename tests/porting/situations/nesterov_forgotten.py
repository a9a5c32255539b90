"""momentum was carried over, Nesterov's look ahead was not"""

TRUTH = "wrong"
PLACE = ("step", "optimi")
CAUSE = "momentum copied without Nesterov's"
CAUSES = ("optimizer_constants",)
INPUT = (6,)


def keras_optimizer():
    import keras

    return keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True)


def torch_optimizer(parameters):
    import torch

    return torch.optim.SGD(parameters, 0.05, momentum=0.9)


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
