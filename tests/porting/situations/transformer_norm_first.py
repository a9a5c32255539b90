"""nn.TransformerEncoder with norm_first and a last normalisation, written out in Keras"""

TRUTH = "right"
INPUT = (5, 8)


def keras_model():
    import keras
    from keras import layers

    def norm(x, name):
        return layers.LayerNormalization(epsilon=1e-5, name=name)(x)

    i = x = keras.Input(INPUT)
    for n in (1, 2):
        y = norm(x, f"norm{n}a")
        x = x + layers.MultiHeadAttention(4, 2, name=f"attention{n}")(y, y)
        y = layers.Dense(12, activation="relu", name=f"up{n}")(norm(x, f"norm{n}b"))
        x = x + layers.Dense(8, name=f"down{n}")(y)
    return keras.Model(i, layers.Dense(2, name="out")(norm(x, "last")))


def torch_model():
    from torch import nn

    layer = nn.TransformerEncoderLayer(8, 4, 12, dropout=0.0, batch_first=True, norm_first=True)
    encoder = nn.TransformerEncoder(layer, 2, norm=nn.LayerNorm(8), enable_nested_tensor=False)
    return nn.Sequential(encoder, nn.Linear(8, 2))
