"""a variational autoencoder that samples in evaluation too"""

import numpy as np

TRUTH = "random"
LOSS = "mean_squared_error"
INPUT = (8,)


def data():
    x = np.random.default_rng(0).normal(size=(60, 8))
    return x, x


def keras_model():
    import keras
    from keras import layers

    class Sample(layers.Layer):
        def call(self, pair):
            mean, log_variance = pair
            noise = keras.random.normal(keras.ops.shape(mean), dtype=mean.dtype)
            return mean + keras.ops.exp(log_variance / 2) * noise

    i = keras.Input(INPUT)
    h = layers.Dense(6, activation="relu", name="encoder")(i)
    z = Sample(name="sample")(
        [layers.Dense(2, name="mean")(h), layers.Dense(2, name="log_variance")(h)]
    )
    h = layers.Dense(6, activation="relu", name="decoder")(z)
    return keras.Model(i, layers.Dense(8, name="out")(h))


def torch_model():
    import torch
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder, self.decoder = nn.Linear(8, 6), nn.Linear(2, 6)
            self.mean, self.log_variance, self.out = (
                nn.Linear(6, 2),
                nn.Linear(6, 2),
                nn.Linear(6, 8),
            )

        def forward(self, x):
            h = F.relu(self.encoder(x))
            z = torch.distributions.Normal(
                self.mean(h), torch.exp(self.log_variance(h) / 2)
            ).rsample()
            return self.out(F.relu(self.decoder(z)))

    return Net()
