"""embedding and output are tied in one model alone"""

TRUTH = "wrong"
PLACE = ("head", "emb")
CAUSE = "embedding and output are tied in one model alone"
CAUSES = ("tied",)
INPUT = (6,)
TOKENS = 12
LOSS = "categorical_crossentropy"


def keras_model():
    import keras
    from keras import layers

    i = keras.Input(INPUT)
    x = layers.Embedding(12, 4, name="emb")(i)
    x = layers.GRU(4, return_sequences=True, name="gru")(x)
    return keras.Model(i, layers.Dense(12, use_bias=False, name="head")(x))


def torch_model():
    from torch import nn

    class LM(nn.Module):
        def __init__(self):
            super().__init__()
            self.emb, self.gru, self.head = (
                nn.Embedding(12, 4),
                nn.GRU(4, 4, batch_first=True),
                nn.Linear(4, 12, bias=False),
            )
            self.head.weight = self.emb.weight

        def forward(self, x):
            return self.head(self.gru(self.emb(x))[0])

    return LM()
