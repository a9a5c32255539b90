"""the same activations under other names"""

TRUTH = "right"
INPUT = (8,)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Dense(8, activation="swish"),
            layers.Dense(8, activation="hard_swish"),
            layers.Dense(8),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Dense(8, activation="selu"),
            layers.Dense(8, activation="softplus"),
            layers.Dense(8, activation="hard_sigmoid"),
            layers.Dense(2),
        ]
    )


def torch_model():
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList([nn.Linear(8, 8) for _ in range(6)] + [nn.Linear(8, 2)])

        def forward(self, x):
            leaky = nn.LeakyReLU(0.2)
            kinds = [F.silu, F.hardswish, leaky, F.selu, F.softplus, F.hardsigmoid, nn.Identity()]
            for layer, activation in zip(self.layers, kinds, strict=True):
                x = activation(layer(x))
            return x

    return Net()
