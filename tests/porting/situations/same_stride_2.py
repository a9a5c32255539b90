"""padding="same" with a stride of 2 pads at the end alone, padding=1 on both sides"""

TRUTH = "wrong"
PLACE = "down"
CAUSE = "padding"
CAUSES = ("padding_side",)
INPUT = (8, 8, 3)


def keras_model():
    import keras
    from keras import layers

    down = layers.Conv2D(4, 3, strides=2, padding="same", activation="relu", name="down")
    after = [layers.GlobalAveragePooling2D(), layers.Dense(2, name="out")]
    return keras.Sequential([keras.Input(INPUT), down, *after])


def torch_model():
    from torch import nn

    down = nn.Conv2d(3, 4, 3, stride=2, padding=1)
    return nn.Sequential(down, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
