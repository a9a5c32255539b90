"""a gated unit: split by hand in Keras, nn.GLU in PyTorch"""

TRUTH = "right"
INPUT = (10, 4)
LOSS = "mean_squared_error"


def keras_model():
    import keras
    from keras import layers, ops

    i = keras.Input(INPUT)
    a, g = ops.split(layers.Conv1D(12, 3, padding="same")(i), 2, axis=-1)
    return keras.Model(i, layers.Conv1D(2, 1)(a * ops.sigmoid(g)))


def torch_model():
    from torch import nn

    return nn.Sequential(nn.Conv1d(4, 12, 3, padding=1), nn.GLU(dim=1), nn.Conv1d(6, 2, 1))
