"""global_clipnorm in Keras, clip_grad_norm_ in PyTorch"""

TRUTH = "right"
INPUT = (6,)


def keras_optimizer():
    import keras

    return keras.optimizers.SGD(0.1, global_clipnorm=0.5)


def torch_optimizer(parameters):
    import torch

    parameters = list(parameters)
    optimizer = torch.optim.SGD(parameters, 0.1)

    def clip(*_):
        torch.nn.utils.clip_grad_norm_(parameters, 0.5)

    optimizer.register_step_pre_hook(clip)
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
