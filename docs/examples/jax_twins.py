"""A small convolutional network for MNIST, the same in JAX, by Flax NNX, and in PyTorch.

    twinbench parity --twins docs/examples/jax_twins.py

Flax keeps channels last, so the port permutes before it flattens: the rows of its dense kernel
stand in the order of Flax's. What differs by default is written out: PyTorch's momentum is the
share that is new, Flax's the share that is kept, and `nnx.gelu` is the tanh form unless it is told.
"""

LOSS = "categorical_crossentropy"
INPUT = (28, 28, 1)
DATA = "mnist"
RULES = {"batch_size": 128, "epochs": 1}


def jax_model(seed):
    """A convolution, a normalisation, logits of 10 classes."""
    from flax import nnx

    class Net(nnx.Module):
        def __init__(self, rngs):
            self.edges = nnx.Conv(1, 8, (3, 3), padding="VALID", rngs=rngs)
            self.norm = nnx.BatchNorm(8, momentum=0.9, epsilon=1e-5, rngs=rngs)
            self.classes = nnx.Linear(8 * 13 * 13, 10, rngs=rngs)

        def __call__(self, x):
            x = nnx.gelu(self.norm(self.edges(x)), approximate=False)
            x = nnx.avg_pool(x, (2, 2), strides=(2, 2))
            return self.classes(x.reshape(len(x), -1))

    return Net(nnx.Rngs(seed))


def torch_model():
    """The same layers; rows come with channels first."""
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.edges = nn.Conv2d(1, 8, 3)
            self.norm = nn.BatchNorm2d(8, momentum=0.1, eps=1e-5)
            self.classes = nn.Linear(8 * 13 * 13, 10)

        def forward(self, x):
            x = F.avg_pool2d(F.gelu(self.norm(self.edges(x))), 2)
            return self.classes(x.permute(0, 2, 3, 1).flatten(1))

    return Net()
