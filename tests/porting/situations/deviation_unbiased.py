"""a normalisation of one's own divides by n - 1 in PyTorch"""

TRUTH = "wrong"
PLACE = ("between a and out",)
CAUSE = "a normalisation of one's own divides by n - 1 in PyTorch"
CAUSES = ("biased_variance",)
INPUT = (12,)


def keras_model():
    import keras
    from keras import layers, ops

    i = keras.Input(INPUT)
    x = layers.Dense(16, name="a")(i)
    m, v = ops.mean(x, -1, keepdims=True), ops.std(x, -1, keepdims=True)
    return keras.Model(i, layers.Dense(2, name="out")((x - m) / (v + 1e-6)))


def torch_model():
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.o = nn.Linear(12, 16), nn.Linear(16, 2)

        def forward(self, x):
            x = self.a(x)
            return self.o((x - x.mean(-1, keepdim=True)) / (x.std(-1, keepdim=True) + 1e-6))

    return Net()
