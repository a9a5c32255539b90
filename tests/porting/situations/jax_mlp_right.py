"""A kernel of Flax is the transposed weight of PyTorch; both networks are the same."""

LOSS = "categorical_crossentropy"
INPUT = (8,)
TRUTH = "right"


def jax_model():
    from flax import nnx

    rngs = nnx.Rngs(0)
    return nnx.Sequential(nnx.Linear(8, 6, rngs=rngs), nnx.relu, nnx.Linear(6, 3, rngs=rngs))


def torch_model():
    from torch import nn

    return nn.Sequential(nn.Linear(8, 6), nn.ReLU(), nn.Linear(6, 3))
