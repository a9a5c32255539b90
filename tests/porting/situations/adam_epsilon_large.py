"""one large epsilon, before the correction of the bias in Keras and after it in PyTorch"""

TRUTH = "wrong"
PLACE = ("step", "optimi", "epsilon")
CAUSE = "place of epsilon in Adam"
CAUSES = ("epsilon_place",)
INPUT = (6,)


def keras_optimizer():
    import keras

    return keras.optimizers.Adam(1e-2, epsilon=1e-2)


def torch_optimizer(parameters):
    import torch

    return torch.optim.Adam(parameters, 1e-2, eps=1e-2)


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
