"""decoupled decay in both, an epsilon too small to be felt"""

TRUTH = "right"
INPUT = (6,)


def keras_optimizer():
    import keras

    return keras.optimizers.AdamW(1e-2, epsilon=1e-12, weight_decay=0.01)


def torch_optimizer(parameters):
    import torch

    return torch.optim.AdamW(parameters, 1e-2, eps=1e-12, weight_decay=0.01)


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
