"""the optimiser was given the last two weights alone, and requires_grad says nothing of it"""

TRUTH = "wrong"
PLACE = ("step", "optimi", "h")
CAUSE = "decay and step of the last layer alone"
CAUSES = ("not_in_optimizer",)
INPUT = (6,)


def keras_optimizer():
    import keras

    return keras.optimizers.SGD(0.05)


def torch_optimizer(parameters):
    import torch

    return torch.optim.SGD(list(parameters)[2:], 0.05)


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
