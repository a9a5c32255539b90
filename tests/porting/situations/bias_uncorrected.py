"""an Adam of one's own without the correction of the bias, as BERT was trained"""

TRUTH = "wrong"
PLACE = ("step", "optimi", "bias correction")
CAUSE = "bias correction"
CAUSES = ("bias_correction",)
INPUT = (6,)


def keras_optimizer():
    import keras

    return keras.optimizers.Adam(1e-3, epsilon=1e-8)


def torch_optimizer(parameters):
    import torch

    class BertAdam(torch.optim.Optimizer):
        def __init__(self, parameters):
            super().__init__(parameters, {"lr": 1e-3})

        @torch.no_grad()
        def step(self, closure=None):
            for p in (p for group in self.param_groups for p in group["params"]):
                state = self.state[p]
                m = state.setdefault("exp_avg", torch.zeros_like(p)).lerp_(p.grad, 0.1)
                v = state.setdefault("exp_avg_sq", torch.zeros_like(p)).lerp_(p.grad**2, 0.001)
                p -= 1e-3 * m / (v.sqrt() + 1e-8)

    return BertAdam(parameters)


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
