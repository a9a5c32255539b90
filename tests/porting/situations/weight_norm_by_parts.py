"""a layer's weight is a direction and a length, in PyTorch by a parametrization"""

TRUTH = "right"
INPUT = (5,)
LOSS = "mean_squared_error"


def keras_model():
    import keras
    from keras import layers, ops

    class WeightNorm(layers.Layer):
        def __init__(self, n, **k):
            super().__init__(**k)
            self.n = n

        def build(self, shape):
            self.v = self.add_weight(shape=(shape[-1], self.n), name="v")
            self.g = self.add_weight(shape=(self.n,), name="g", initializer="ones")
            self.b = self.add_weight(shape=(self.n,), name="b", initializer="zeros")

        def call(self, x):
            return x @ (self.v * self.g / ops.sqrt(ops.sum(ops.square(self.v), axis=0))) + self.b

    return keras.Sequential(
        [
            keras.Input(INPUT),
            WeightNorm(6, name="wn"),
            layers.Activation("tanh"),
            layers.Dense(1, name="out"),
        ]
    )


def torch_model():
    from torch import nn
    from torch.nn.utils.parametrizations import weight_norm

    return nn.Sequential(weight_norm(nn.Linear(5, 6)), nn.Tanh(), nn.Linear(6, 1))
