"""nn.Softmax(dim=1) on an output (rows, time, classes)"""

TRUTH = "wrong"
PLACE = ("softmax", "out")
CAUSE = "axis of the softmax"
CAUSES = ("softmax_axis",)
INPUT = (4, 6)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [keras.Input(INPUT), layers.Dense(3, name="dense"), layers.Softmax(name="softmax")]
    )


def torch_model():
    from torch import nn

    return nn.Sequential(nn.Linear(6, 3), nn.Softmax(dim=1))
