"""layer normalisation with neither scale nor shift, over two axes"""

TRUTH = "right"
INPUT = (4, 6)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Dense(5, name="h"),
            layers.LayerNormalization(axis=(1, 2), center=False, scale=False, epsilon=1e-5),
            layers.Dense(2, name="out"),
        ]
    )


def torch_model():
    from torch import nn

    return nn.Sequential(
        nn.Linear(6, 5), nn.LayerNorm((4, 5), elementwise_affine=False), nn.Linear(5, 2)
    )
