"""both load the same trained GRU, and the port kept Keras's order of gates"""

import numpy as np

TRUTH = "wrong"
PLACE = "gru"
CAUSE = "order of the gates"
CAUSES = ("gate_order",)
INPUT = (7, 3)


def trained():
    """Keras's kernel, recurrent kernel and biases of the GRU, kernel and bias of the end."""
    rng = np.random.default_rng(1)
    return [rng.normal(size=size) for size in ((3, 12), (4, 12), (2, 12), (4, 2), (2,))]


def keras_model():
    import keras
    from keras import layers

    gru, out = layers.GRU(4, name="gru"), layers.Dense(2, name="out")
    model = keras.Sequential([keras.Input(INPUT), gru, out])
    model.set_weights(trained())
    return model


def torch_model():
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.gru, self.out = nn.GRU(3, 4, batch_first=True), nn.Linear(4, 2)

        def forward(self, x):
            return self.out(self.gru(x)[1][0])

    net = Net()
    kernel, recurrent, (bias, more), end, last = map(torch.tensor, trained())
    net.gru.load_state_dict(
        {
            "weight_ih_l0": kernel.T,
            "weight_hh_l0": recurrent.T,
            "bias_ih_l0": bias,
            "bias_hh_l0": more,
        }
    )
    net.out.load_state_dict({"weight": end.T, "bias": last})
    return net
