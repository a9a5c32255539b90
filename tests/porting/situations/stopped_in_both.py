"""no gradient flows through one branch of either model"""

TRUTH = "right"
INPUT = (6,)


def keras_model():
    import keras
    from keras import layers

    i = keras.Input(INPUT)
    a = layers.Dense(4, activation="tanh", name="online")(i)
    b = layers.Dense(4, activation="tanh", name="target", trainable=False)(i)
    return keras.Model(i, layers.Dense(2, name="out")(a - keras.ops.stop_gradient(b)))


def torch_model():
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.online, self.target, self.out = nn.Linear(6, 4), nn.Linear(6, 4), nn.Linear(4, 2)
            self.target.requires_grad_(False)

        def forward(self, x):
            with torch.no_grad():
                b = torch.tanh(self.target(x))
            return self.out(torch.tanh(self.online(x)) - b)

    return Net()
