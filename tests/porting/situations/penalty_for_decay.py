"""a regularizer in Keras became weight_decay in PyTorch, of Adam: no longer the same step"""

TRUTH = "wrong"
PLACE = ("loss", "gradient", "h")
CAUSE = "regulariser against decay"
CAUSES = ("decay_for_regulariser", "optimizer_constants")
LOSS = "mean_squared_error"
INPUT = (6,)


def keras_optimizer():
    import keras

    return keras.optimizers.Adam(1e-2, epsilon=1e-12)


def torch_optimizer(parameters):
    import torch

    return torch.optim.Adam(parameters, 1e-2, eps=1e-12, weight_decay=0.02)


OPTIMIZER = {"keras": keras_optimizer, "torch": torch_optimizer}


def keras_model():
    import keras
    from keras import layers, regularizers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Dense(
                5,
                activation="tanh",
                kernel_regularizer=regularizers.L2(0.01),
                bias_regularizer=regularizers.L2(0.01),
                name="h",
            ),
            layers.Dense(1, name="out"),
        ]
    )


def torch_model():
    from torch import nn

    return nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 1))
