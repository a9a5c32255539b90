"""momentum under a schedule: Keras keeps steps, PyTorch gradients"""

TRUTH = "wrong"
PLACE = ("step", "optimi")
CAUSE = "schedule and what momentum keeps"
CAUSES = ("momentum_buffer",)
INPUT = (6,)


def keras_optimizer():
    import keras

    rates = keras.optimizers.schedules.ExponentialDecay(0.1, 1, 0.5)
    return keras.optimizers.SGD(rates, momentum=0.9)


def torch_optimizer(parameters):
    import torch

    optimizer = torch.optim.SGD(parameters, 0.1, momentum=0.9)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    optimizer.register_step_post_hook(lambda *_: schedule.step())
    return optimizer


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
