"""a layer that turns gradients round, as adversarial training has it, on one side"""

TRUTH = "wrong"
PLACE = ("h", "gradient")
CAUSE = "detached, or a gradient of one's own"
CAUSES = ("own_gradient",)
INPUT = (6,)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Dense(5, activation="tanh", name="h"),
            layers.Dense(2, name="out"),
        ]
    )


def torch_model():
    import torch
    from torch import nn

    class Turned(torch.autograd.Function):
        @staticmethod
        def forward(context, x):
            return x.clone()

        @staticmethod
        def backward(context, gradient):
            return -0.5 * gradient

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.h, self.out = nn.Linear(6, 5), nn.Linear(5, 2)

        def forward(self, x):
            return self.out(Turned.apply(torch.tanh(self.h(x))))

    return Net()
