"""RMSprop as both have it: another share, and epsilon inside or outside the root"""

TRUTH = "wrong"
PLACE = ("step", "optimi", "rho", "alpha")
CAUSE = "place of epsilon and share of RMSprop"
CAUSES = ("optimizer_constants", "epsilon_place")
INPUT = (6,)


def keras_optimizer():
    import keras

    return keras.optimizers.RMSprop(1e-3)


def torch_optimizer(parameters):
    import torch

    return torch.optim.RMSprop(parameters, 1e-3)


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
