"""a flatten after which no order is left to differ"""

TRUTH = "right"
INPUT = (9, 9, 2)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Conv2D(3, 3, strides=2, activation="relu", name="c1"),
            layers.Conv2D(5, 4, activation="relu", name="c2"),
            layers.Flatten(),
            layers.Dense(2, name="out"),
        ]
    )


def torch_model():
    from torch import nn

    return nn.Sequential(
        nn.Conv2d(2, 3, 3, stride=2),
        nn.ReLU(),
        nn.Conv2d(3, 5, 4),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(5, 2),
    )
