"""channels are not shuffled between groups: another order"""

TRUTH = "wrong"
PLACE = ("between g1 ~ 0 and g2",)
CAUSE = "channels are not shuffled between groups: another order"
CAUSES = ("reshape_for_transpose",)
INPUT = (6, 6, 4)


def keras_model():
    import keras
    from keras import layers, ops

    i = keras.Input(INPUT)
    x = layers.Conv2D(4, 1, groups=2, activation="relu", name="g1")(i)
    x = ops.reshape(ops.transpose(ops.reshape(x, (-1, 6, 6, 2, 2)), (0, 1, 2, 4, 3)), (-1, 6, 6, 4))
    return keras.Model(i, layers.Conv2D(4, 3, groups=2, name="g2")(x))


def torch_model():
    from torch import nn

    return nn.Sequential(nn.Conv2d(4, 4, 1, groups=2), nn.ReLU(), nn.Conv2d(4, 4, 3, groups=2))
