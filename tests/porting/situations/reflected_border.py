"""a reflected border"""

TRUTH = "right"
INPUT = (6, 6, 2)


def keras_model():
    import keras
    from keras import layers

    i = keras.Input(INPUT)
    x = keras.ops.pad(i, [[0, 0], [1, 1], [1, 1], [0, 0]], mode="reflect")
    x = layers.Conv2D(3, 3, activation="relu", name="c")(x)
    return keras.Model(i, layers.GlobalMaxPooling2D()(x))


def torch_model():
    from torch import nn

    return nn.Sequential(
        nn.Conv2d(2, 3, 3, padding=1, padding_mode="reflect"),
        nn.ReLU(),
        nn.AdaptiveMaxPool2d(1),
        nn.Flatten(),
    )
