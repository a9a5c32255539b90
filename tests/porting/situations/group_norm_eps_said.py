"""group normalisation, epsilon written out"""

TRUTH = "right"
INPUT = (6, 6, 3)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Conv2D(4, 3, name="c"),
            layers.GroupNormalization(2, epsilon=1e-5, name="gn"),
            layers.ReLU(),
            layers.GlobalAveragePooling2D(),
        ]
    )


def torch_model():
    from torch import nn

    return nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.GroupNorm(2, 4), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
    )
