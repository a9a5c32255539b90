"""padding="SAME" with a stride of 2 pads at the end alone, padding=1 on both sides."""

LOSS = "categorical_crossentropy"
INPUT = (8, 8, 2)
TRUTH = "wrong"
PLACE = "conv"
CAUSE = "padding"
CAUSES = ("padding_side",)


def jax_model():
    from flax import nnx

    class Net(nnx.Module):
        def __init__(self, rngs):
            self.conv = nnx.Conv(2, 4, (3, 3), strides=2, padding="SAME", rngs=rngs)
            self.out = nnx.Linear(4, 3, rngs=rngs)

        def __call__(self, x):
            return self.out(nnx.relu(self.conv(x)).mean((1, 2)))

    return Net(nnx.Rngs(0))


def torch_model():
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.out = nn.Conv2d(2, 4, 3, stride=2, padding=1), nn.Linear(4, 3)

        def forward(self, x):
            return self.out(self.conv(x).relu().mean((2, 3)))

    return Net()
