"""both load the same trained LSTM, and the port put its bias into both of PyTorch's"""

import numpy as np

TRUTH = "wrong"
PLACE = "lstm"
CAUSE = "one bias in both places"
CAUSES = ("double_bias",)
INPUT = (7, 3)


def trained():
    """Keras's kernel, recurrent kernel and bias of the LSTM, kernel and bias of the end."""
    rng = np.random.default_rng(1)
    return [rng.normal(size=size) for size in ((3, 16), (4, 16), (16,), (4, 2), (2,))]


def keras_model():
    import keras
    from keras import layers

    lstm, out = layers.LSTM(4, name="lstm"), layers.Dense(2, name="out")
    model = keras.Sequential([keras.Input(INPUT), lstm, out])
    model.set_weights(trained())
    return model


def torch_model():
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm, self.out = nn.LSTM(3, 4, batch_first=True), nn.Linear(4, 2)

        def forward(self, x):
            return self.out(self.lstm(x)[1][0][0])

    net = Net()
    kernel, recurrent, bias, end, last = map(torch.tensor, trained())
    net.lstm.load_state_dict(
        {
            "weight_ih_l0": kernel.T,
            "weight_hh_l0": recurrent.T,
            "bias_ih_l0": bias,
            "bias_hh_l0": bias,
        }
    )
    net.out.load_state_dict({"weight": end.T, "bias": last})
    return net
