"""two halves of one dense layer, one the gate of the other"""

TRUTH = "right"
INPUT = (6,)


def keras_model():
    import keras
    from keras import layers

    i = keras.Input(INPUT)
    a, b = keras.ops.split(layers.Dense(10, name="both")(i), 2, axis=-1)
    return keras.Model(i, layers.Dense(2, name="out")(a * keras.ops.sigmoid(b)))


def torch_model():
    from torch import nn

    return nn.Sequential(nn.Linear(6, 10), nn.GLU(), nn.Linear(5, 2))
