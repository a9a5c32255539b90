"""both models add noise to their input whenever they are called"""

TRUTH = "random"
INPUT = (6,)


def keras_model():
    import keras
    from keras import layers

    class Noise(layers.Layer):
        def call(self, x):
            return x + 0.1 * keras.random.normal(keras.ops.shape(x), dtype=x.dtype)

    return keras.Sequential([keras.Input(INPUT), Noise(name="noise"), layers.Dense(2, name="out")])


def torch_model():
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.out = nn.Linear(6, 2)

        def forward(self, x):
            return self.out(x + 0.1 * torch.randn_like(x))

    return Net()
