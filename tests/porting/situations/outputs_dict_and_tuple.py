"""a dict of outputs in Keras, a tuple of them in PyTorch"""

TRUTH = "right"
INPUT = (7,)


def keras_model():
    import keras
    from keras import layers

    i = keras.Input(INPUT)
    x = layers.Dense(6, activation="softplus")(i)
    return keras.Model(
        i, {"age": layers.Dense(1, name="age")(x), "job": layers.Dense(3, name="job")(x)}
    )


def torch_model():
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.age, self.job = nn.Linear(7, 6), nn.Linear(6, 1), nn.Linear(6, 3)

        def forward(self, x):
            x = F.softplus(self.body(x))
            return self.age(x), self.job(x)

    return Net()
