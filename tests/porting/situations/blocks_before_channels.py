"""blocks of pixels stand before the channels in TensorFlow's order, behind them in PyTorch's"""

TRUTH = "wrong"
PLACE = ("between conv ~ 0 and out",)
CAUSE = "blocks of pixels stand before the channels in TensorFlow's order, behind them in PyTorch's"
CAUSES = ("reshape_for_transpose",)
INPUT = (4, 4, 3)
LOSS = "mean_squared_error"


def keras_model():
    import keras
    from keras import layers, ops

    i = keras.Input(INPUT)
    x = layers.Conv2D(8, 3, padding="same", name="conv")(i)
    x = ops.reshape(x, (-1, 4, 4, 2, 2, 2))
    x = ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), (-1, 8, 8, 2))
    return keras.Model(i, layers.Conv2D(1, 3, padding="same", name="out")(x))


def torch_model():
    from torch import nn

    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.PixelShuffle(2), nn.Conv2d(2, 1, 3, padding=1)
    )
