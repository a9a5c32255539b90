"""decoupled in Keras and coupled in PyTorch: of plain descent both are one"""

TRUTH = "right"
INPUT = (6,)


def keras_optimizer():
    import keras

    return keras.optimizers.SGD(0.05, weight_decay=0.1)


def torch_optimizer(parameters):
    import torch

    return torch.optim.SGD(parameters, 0.05, weight_decay=0.1)


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
