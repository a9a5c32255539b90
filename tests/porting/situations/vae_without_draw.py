"""a variational autoencoder that decodes the mean, with three outputs by name"""

TRUTH = "right"
INPUT = (8,)


def keras_model():
    import keras
    from keras import layers

    i = keras.Input(INPUT)
    h = layers.Dense(6, activation="relu", name="encoder")(i)
    mean, log_variance = layers.Dense(2, name="mean")(h), layers.Dense(2, name="log_variance")(h)
    h = layers.Dense(6, activation="relu", name="decoder")(mean)
    picture = layers.Dense(8, activation="sigmoid", name="picture")(h)
    return keras.Model(i, {"picture": picture, "mean": mean, "log_variance": log_variance})


def torch_model():
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder, self.latent = nn.Linear(8, 6), nn.Linear(6, 4)
            self.decoder = nn.Sequential(nn.Linear(2, 6), nn.ReLU(), nn.Linear(6, 8), nn.Sigmoid())

        def forward(self, x):
            mean, log_variance = self.latent(F.relu(self.encoder(x))).chunk(2, 1)
            return {"picture": self.decoder(mean), "mean": mean, "log_variance": log_variance}

    return Net()
