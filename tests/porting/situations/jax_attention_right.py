"""Attention with a kernel a head in Flax, packed in PyTorch."""

LOSS = "categorical_crossentropy"
INPUT = (5, 8)
TRUTH = "right"


def jax_model():
    from flax import nnx

    class Net(nnx.Module):
        def __init__(self, rngs):
            self.mha = nnx.MultiHeadAttention(2, 8, decode=False, rngs=rngs)
            self.norm = nnx.LayerNorm(8, epsilon=1e-5, use_fast_variance=False, rngs=rngs)
            self.out = nnx.Linear(8, 2, rngs=rngs)

        def __call__(self, x):
            return self.out(self.norm(x + self.mha(x)).mean(1))

    return Net(nnx.Rngs(0))


def torch_model():
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.mha = nn.MultiheadAttention(8, 2, batch_first=True)
            self.norm, self.out = nn.LayerNorm(8), nn.Linear(8, 2)

        def forward(self, x):
            return self.out(self.norm(x + self.mha(x, x, x)[0]).mean(1))

    return Net()
