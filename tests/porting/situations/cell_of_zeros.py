"""the decoder gets the hidden state, and a cell of zeros"""

TRUTH = "wrong"
PLACE = ("dec",)
CAUSE = "the decoder gets the hidden state, and a cell of zeros"
CAUSES = ("input_unused",)
INPUT = {"source": (6, 2), "target": (5, 2)}
LOSS = "mean_squared_error"


def keras_model():
    import keras
    from keras import layers

    s, t = keras.Input((6, 2), name="source"), keras.Input((5, 2), name="target")
    _, h, c = layers.LSTM(4, return_state=True, name="encoder")(s)
    y = layers.LSTM(4, return_sequences=True, name="decoder")(t, initial_state=[h, c])
    return keras.Model({"source": s, "target": t}, layers.Dense(2, name="out")(y))


def torch_model():
    import torch
    from torch import nn

    class Seq2Seq(nn.Module):
        def __init__(self):
            super().__init__()
            self.enc, self.dec = nn.LSTM(2, 4, batch_first=True), nn.LSTM(2, 4, batch_first=True)
            self.out = nn.Linear(4, 2)

        def forward(self, source, target):
            _, (h, c) = self.enc(source)
            return self.out(self.dec(target, (h, torch.zeros_like(c)))[0])

    return Seq2Seq()
