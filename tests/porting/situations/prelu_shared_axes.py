"""one slope a channel"""

TRUTH = "right"
INPUT = (6, 6, 3)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Conv2D(4, 3, name="c"),
            layers.PReLU(
                shared_axes=(1, 2),
                alpha_initializer=keras.initializers.Constant(0.25),
                name="prelu",
            ),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2, name="out"),
        ]
    )


def torch_model():
    from torch import nn

    return nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.PReLU(4), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2)
    )
