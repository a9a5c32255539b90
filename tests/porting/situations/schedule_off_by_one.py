"""the rate falls before the first step in PyTorch and after it in Keras"""

TRUTH = "wrong"
PLACE = ("step", "optimi", "learning rate")
CAUSE = "schedule off by one"
CAUSES = ("schedule_off_by_one",)
INPUT = (6,)


def keras_optimizer():
    import keras

    return keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.1, 1, 0.5))


def torch_optimizer(parameters):
    import torch

    optimizer = torch.optim.SGD(parameters, 0.1)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    optimizer.register_step_pre_hook(lambda *_: schedule.step())
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
