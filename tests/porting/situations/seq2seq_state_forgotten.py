"""the decoder starts from zeros instead of the encoder's state"""

TRUTH = "wrong"
PLACE = "decoder"
CAUSE = "state of the decoder"
CAUSES = ("input_unused",)
INPUT = {"source": (7,), "target": (5,)}
TOKENS = {"source": 11, "target": 9}


def keras_model():
    import keras
    from keras import layers

    source, target = (keras.Input(shape, name=name, dtype="int32") for name, shape in INPUT.items())
    memory, state = layers.GRU(6, return_sequences=True, return_state=True, name="encoder")(
        layers.Embedding(11, 4, name="source_words")(source)
    )
    x = layers.GRU(6, return_sequences=True, name="decoder")(
        layers.Embedding(9, 4, name="target_words")(target), initial_state=state
    )
    x = layers.concatenate([x, layers.Attention()([x, memory])])
    return keras.Model({"source": source, "target": target}, layers.Dense(9, name="words")(x))


def torch_model():
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.source_words, self.target_words = nn.Embedding(11, 4), nn.Embedding(9, 4)
            self.encoder, self.decoder = (
                nn.GRU(4, 6, batch_first=True),
                nn.GRU(4, 6, batch_first=True),
            )
            self.words = nn.Linear(12, 9)

        def forward(self, source, target):
            memory, _ = self.encoder(self.source_words(source))
            x, _ = self.decoder(self.target_words(target))
            weights = torch.bmm(x, memory.transpose(1, 2)).softmax(2)
            return self.words(torch.cat([x, weights @ memory], 2))

    return Net()
