"""batch normalisation with neither scale nor shift"""

TRUTH = "right"
INPUT = (6,)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Dense(5, name="h"),
            layers.BatchNormalization(center=False, scale=False, name="bn"),
            layers.Activation("tanh"),
            layers.Dense(2, name="out"),
        ]
    )


def torch_model():
    from torch import nn

    return nn.Sequential(
        nn.Linear(6, 5),
        nn.BatchNorm1d(5, eps=1e-3, momentum=0.01, affine=False),
        nn.Tanh(),
        nn.Linear(5, 2),
    )
