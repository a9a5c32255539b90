"""the decay is of kernels alone in PyTorch, by groups of parameters, and of all in Keras"""

TRUTH = "wrong"
PLACE = ("step", "optimi", "decay")
CAUSE = "decay of biases"
CAUSES = ("decay_coupled",)
INPUT = (6,)


def keras_optimizer():
    import keras

    return keras.optimizers.AdamW(1e-2, epsilon=1e-12, weight_decay=0.1)


def torch_optimizer(parameters):
    import torch

    parameters = list(parameters)
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": 0.1},
        {"params": [p for p in parameters if p.ndim == 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, 1e-2, eps=1e-12)


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
