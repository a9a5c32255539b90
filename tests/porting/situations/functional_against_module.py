"""parameters that hang on the net and F.linear"""

TRUTH = "right"
INPUT = (6,)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Dense(5, activation="elu", name="h"),
            layers.Dense(2, name="out"),
        ]
    )


def torch_model():
    import torch
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.w1, self.b1 = nn.Parameter(torch.randn(5, 6)), nn.Parameter(torch.zeros(5))
            self.w2, self.b2 = nn.Parameter(torch.randn(2, 5)), nn.Parameter(torch.zeros(2))

        def forward(self, x):
            return F.linear(F.elu(F.linear(x, self.w1, self.b1)), self.w2, self.b2)

    return Net()
