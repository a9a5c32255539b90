"""a loss of one's own, a value a row in Keras and a number in PyTorch"""

TRUTH = "right"
INPUT = (6,)


def keras_loss(y, p):
    import keras

    return keras.ops.sum(keras.ops.abs(y - p) ** 1.5, axis=-1)


def torch_loss(p, y):
    return ((p - y).abs() ** 1.5).sum() / len(y)


LOSS = {"keras": keras_loss, "torch": torch_loss}


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Dense(5, activation="tanh", name="h"),
            layers.Dense(1, name="out"),
        ]
    )


def torch_model():
    from torch import nn

    return nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 1))
