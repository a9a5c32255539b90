"""BERT: three embeddings, attention, normalisation behind each sum"""

TRUTH = "right"
INPUT = {"words": (6,), "segments": (6,)}
TOKENS = {"words": 20, "segments": 2}


def keras_model():
    import keras
    from keras import layers

    words, segments = (keras.Input((6,), name=name, dtype="int32") for name in INPUT)

    class Positions(layers.Layer):
        def build(self, shape):
            self.table = self.add_weight(shape=(6, 8), name="table")

        def call(self, x):
            return x + self.table

    x = layers.Embedding(20, 8, name="word")(words) + layers.Embedding(2, 8, name="segment")(
        segments
    )
    x = layers.LayerNormalization(epsilon=1e-12, name="norm0")(Positions(name="position")(x))
    y = layers.MultiHeadAttention(2, 4, dropout=0.1, name="attention")(x, x)
    x = layers.LayerNormalization(epsilon=1e-12, name="norm1")(
        layers.add([x, layers.Dropout(0.1)(y)])
    )
    y = layers.Dropout(0.1)(layers.Dense(16, activation="gelu", name="up")(x))
    y = layers.Dense(8, name="down")(y)
    x = layers.LayerNormalization(epsilon=1e-12, name="norm2")(
        layers.add([x, layers.Dropout(0.1)(y)])
    )
    x = layers.Dense(8, activation="tanh", name="pooler")(x[:, 0])
    return keras.Model({"words": words, "segments": segments}, layers.Dense(2, name="classes")(x))


def torch_model():
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.word, self.segment = nn.Embedding(20, 8), nn.Embedding(2, 8)
            self.position = nn.Embedding(6, 8)
            self.norm0 = nn.LayerNorm(8, eps=1e-12)
            self.layer = nn.TransformerEncoderLayer(
                8, 2, 16, 0.1, "gelu", layer_norm_eps=1e-12, batch_first=True
            )
            self.pooler, self.classes = nn.Linear(8, 8), nn.Linear(8, 2)

        def forward(self, words, segments):
            place = torch.arange(words.shape[1])
            x = self.norm0(self.word(words) + self.segment(segments) + self.position(place))
            return self.classes(torch.tanh(self.pooler(self.layer(x)[:, 0])))

    return Net()
