"""The port permutes before it flattens, so that the dense kernel has Flax's order of rows."""

LOSS = "categorical_crossentropy"
INPUT = (8, 8, 2)
TRUTH = "right"


def jax_model():
    from flax import nnx

    class Net(nnx.Module):
        def __init__(self, rngs):
            self.conv = nnx.Conv(2, 4, (3, 3), padding="VALID", rngs=rngs)
            self.out = nnx.Linear(36, 3, rngs=rngs)

        def __call__(self, x):
            x = nnx.max_pool(nnx.relu(self.conv(x)), (2, 2), strides=(2, 2))
            return self.out(x.reshape(len(x), -1))

    return Net(nnx.Rngs(0))


def torch_model():
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.out = nn.Conv2d(2, 4, 3), nn.Linear(36, 3)

        def forward(self, x):
            x = F.max_pool2d(F.relu(self.conv(x)), 2)
            return self.out(x.permute(0, 2, 3, 1).flatten(1))

    return Net()
