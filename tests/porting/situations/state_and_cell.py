"""output and cell of an LSTM are both used"""

TRUTH = "right"
INPUT = (5, 3)


def keras_model():
    import keras
    from keras import layers

    i = keras.Input(INPUT)
    _, h, c = layers.LSTM(4, return_state=True, name="lstm")(i)
    return keras.Model(i, layers.Dense(2, name="out")(layers.concatenate([h, c])))


def torch_model():
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm, self.out = nn.LSTM(3, 4, batch_first=True), nn.Linear(8, 2)

        def forward(self, x):
            _, (h, c) = self.lstm(x)
            return self.out(torch.cat([h[0], c[0]], -1))

    return Net()
