"""Adam's epsilon of a paper on one side, the default on the other"""

TRUTH = "wrong"
PLACE = ("step", "optimi", "epsilon")
CAUSE = "epsilon of Adam"
CAUSES = ("optimizer_epsilon",)
INPUT = (6,)


def jax_optimizer():
    import optax

    return optax.adam(1e-2, eps=1e-3)


def torch_optimizer(parameters):
    import torch

    return torch.optim.Adam(parameters, 1e-2)


OPTIMIZER = {"jax": jax_optimizer, "torch": torch_optimizer}


def jax_model():
    import jax
    from flax import nnx

    class Net(nnx.Module):
        def __init__(self, rngs):
            self.h, self.out = nnx.Linear(6, 5, rngs=rngs), nnx.Linear(5, 1, rngs=rngs)

        def __call__(self, x):
            return self.out(jax.nn.tanh(self.h(x)))

    return Net(nnx.Rngs(0))


def torch_model():
    from torch import nn

    return nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 1))
