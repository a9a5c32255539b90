"""BERT in its base size, with two layers and few words"""

TRUTH = "right"
INPUT = {"words": (32,), "segments": (32,)}
TOKENS = {"words": 500, "segments": 2}
WIDTH, HEADS, LENGTH = 768, 12, 32


def keras_model():
    import keras
    from keras import layers

    class Positions(layers.Layer):
        def build(self, shape):
            self.table = self.add_weight(shape=(LENGTH, WIDTH), name="table")

        def call(self, x):
            return x + self.table

    def normalised(x, name):
        return layers.LayerNormalization(epsilon=1e-12, name=name)(x)

    words, segments = (keras.Input((LENGTH,), name=name, dtype="int32") for name in INPUT)
    x = layers.Embedding(500, WIDTH, name="word")(words)
    x = x + layers.Embedding(2, WIDTH, name="segment")(segments)
    x = normalised(Positions(name="position")(x), "norm")
    for n in (0, 1):
        attention = layers.MultiHeadAttention(HEADS, WIDTH // HEADS, name=f"attention{n}")
        x = normalised(layers.add([x, attention(x, x)]), f"norm{n}_1")
        y = layers.Dense(4 * WIDTH, activation="gelu", name=f"up{n}")(x)
        y = layers.Dense(WIDTH, name=f"down{n}")(y)
        x = normalised(layers.add([x, y]), f"norm{n}_2")
    x = layers.Dense(WIDTH, activation="tanh", name="pooler")(x[:, 0])
    return keras.Model({"words": words, "segments": segments}, layers.Dense(2, name="classes")(x))


def torch_model():
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.word, self.segment = nn.Embedding(500, WIDTH), nn.Embedding(2, WIDTH)
            self.position = nn.Embedding(LENGTH, WIDTH)
            self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
            options = {"dropout": 0.0, "layer_norm_eps": 1e-12, "batch_first": True}
            self.layers = nn.ModuleList(
                nn.TransformerEncoderLayer(WIDTH, HEADS, 4 * WIDTH, activation="gelu", **options)
                for _ in (0, 1)
            )
            self.pooler, self.classes = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, 2)

        def forward(self, words, segments):
            place = torch.arange(words.shape[1])
            x = self.norm(self.word(words) + self.segment(segments) + self.position(place))
            for layer in self.layers:
                x = layer(x)
            return self.classes(torch.tanh(self.pooler(x[:, 0])))

    return Net()
