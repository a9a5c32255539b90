"""two groups of channels"""

TRUTH = "right"
INPUT = (7, 7, 4)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Conv2D(6, 3, groups=2, activation="relu", name="grouped"),
            layers.Conv2D(6, 1, name="mix"),
            layers.GlobalAveragePooling2D(),
        ]
    )


def torch_model():
    from torch import nn

    return nn.Sequential(
        nn.Conv2d(4, 6, 3, groups=2),
        nn.ReLU(),
        nn.Conv2d(6, 6, 1),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
    )
