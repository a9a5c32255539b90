"""Flax's momentum of .1 is the share that is kept, PyTorch's the share that is new."""

LOSS = "mean_squared_error"
INPUT = (7,)
TRUTH = "wrong"
PLACE = "norm"
CAUSE = "momentum"
CAUSES = ("momentum",)


def jax_model():
    from flax import nnx

    class Net(nnx.Module):
        def __init__(self, rngs):
            self.norm = nnx.BatchNorm(7, momentum=0.1, rngs=rngs)
            self.out = nnx.Linear(7, 1, rngs=rngs)

        def __call__(self, x):
            return self.out(self.norm(x))

    return Net(nnx.Rngs(0))


def torch_model():
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm = nn.BatchNorm1d(7, momentum=0.1)
            self.out = nn.Linear(7, 1)

        def forward(self, x):
            return self.out(self.norm(x))

    return Net()
