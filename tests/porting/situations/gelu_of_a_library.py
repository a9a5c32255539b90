"""the tanh form is in Keras, as in GPT-2, and the port has PyTorch's default"""

TRUTH = "wrong"
PLACE = "ff"
CAUSE = "exact or tanh GELU"
CAUSES = ("gelu_form",)
INPUT = (5, 6)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Dense(8, name="ff"),
            layers.Lambda(lambda x: keras.activations.gelu(x, approximate=True), name="gelu"),
            layers.Dense(2, name="out"),
        ]
    )


def torch_model():
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.ff, self.gelu, self.out = nn.Linear(6, 8), nn.GELU(), nn.Linear(8, 2)

        def forward(self, x):
            return self.out(self.gelu(self.ff(x)))

    return Net()
