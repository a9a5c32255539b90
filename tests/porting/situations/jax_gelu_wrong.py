"""jax.nn.gelu is the tanh form unless it is told otherwise; PyTorch's is exact."""

LOSS = "categorical_crossentropy"
INPUT = (8,)
TRUTH = "wrong"
PLACE = "gelu"
CAUSE = "tanh GELU against the exact one"
CAUSES = ("gelu_form",)


def jax_model():
    from flax import nnx

    rngs = nnx.Rngs(0)
    return nnx.Sequential(nnx.Linear(8, 6, rngs=rngs), nnx.gelu, nnx.Linear(6, 3, rngs=rngs))


def torch_model():
    from torch import nn

    return nn.Sequential(nn.Linear(8, 6), nn.GELU(), nn.Linear(6, 3))
