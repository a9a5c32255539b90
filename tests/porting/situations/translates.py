"""an encoder's state is the decoder's first one; two inputs by name"""

TRUTH = "right"
INPUT = {"source": (6,), "target": (5,)}
TOKENS = {"source": 20, "target": 15}
LOSS = "categorical_crossentropy"


def keras_model():
    import keras
    from keras import layers

    s, t = keras.Input((6,), name="source"), keras.Input((5,), name="target")
    _, h, c = layers.LSTM(4, return_state=True, name="encoder")(layers.Embedding(20, 3)(s))
    y = layers.LSTM(4, return_sequences=True, name="decoder")(
        layers.Embedding(15, 3)(t), initial_state=[h, c]
    )
    return keras.Model({"source": s, "target": t}, layers.Dense(15)(y))


def torch_model():
    from torch import nn

    class Seq2Seq(nn.Module):
        def __init__(self):
            super().__init__()
            self.src, self.tgt = nn.Embedding(20, 3), nn.Embedding(15, 3)
            self.enc, self.dec = nn.LSTM(3, 4, batch_first=True), nn.LSTM(3, 4, batch_first=True)
            self.vocab = nn.Linear(4, 15)

        def forward(self, source, target):
            _, state = self.enc(self.src(source))
            return self.vocab(self.dec(self.tgt(target), state)[0])

    return Seq2Seq()
