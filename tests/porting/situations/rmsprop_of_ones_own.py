"""RMSprop with epsilon inside the root, written by hand in PyTorch"""

TRUTH = "right"
INPUT = (6,)


def keras_optimizer():
    import keras

    return keras.optimizers.RMSprop(1e-3, epsilon=1e-3)


def torch_optimizer(parameters):
    import torch

    class Inside(torch.optim.Optimizer):
        def __init__(self, parameters):
            super().__init__(parameters, {"lr": 1e-3})

        @torch.no_grad()
        def step(self, closure=None):
            for p in (p for group in self.param_groups for p in group["params"]):
                square = self.state[p].setdefault("square_avg", torch.zeros_like(p))
                square.lerp_(p.grad**2, 0.1)
                p -= 1e-3 * p.grad / (square + 1e-3).sqrt()

    return Inside(parameters)


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
