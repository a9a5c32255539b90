"""an encoder's attention is right, and the GELU behind it has its form with a tanh"""

TRUTH = "wrong"
PLACE = ("up", "linear1", "activation")
CAUSE = "the form of GELU"
CAUSES = ("gelu_form",)
INPUT = (6, 8)


def keras_model():
    import keras
    from keras import layers

    i = keras.Input(INPUT)
    x = layers.add([i, layers.MultiHeadAttention(2, 4, name="attention")(i, i)])
    x = layers.LayerNormalization(epsilon=1e-5, name="norm1")(x)
    y = layers.Dense(16, activation="gelu", name="up")(x)
    x = layers.add([x, layers.Dense(8, name="down")(y)])
    x = layers.LayerNormalization(epsilon=1e-5, name="norm2")(x)
    return keras.Model(i, layers.Dense(2, name="out")(x))


def torch_model():
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
            self.layer.activation = nn.GELU("tanh")
            self.out = nn.Linear(8, 2)

        def forward(self, x):
            return self.out(self.layer(x))

    return Net()
