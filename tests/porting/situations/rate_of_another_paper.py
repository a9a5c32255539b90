"""the learning rate of another paper was kept in the port"""

TRUTH = "wrong"
PLACE = ("step", "optimi", "learning rate")
CAUSE = "learning rate of Adam"
CAUSES = ("learning_rate",)
INPUT = (6,)


def keras_optimizer():
    import keras

    return keras.optimizers.Adam(1e-3, epsilon=1e-8)


def torch_optimizer(parameters):
    import torch

    return torch.optim.Adam(parameters, 3e-4)


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
