"""a normalisation of all channels at once against one of each"""

TRUTH = "wrong"
PLACE = ("norm",)
CAUSE = "a normalisation of all channels at once against one of each"
CAUSES = ("normalised_axis",)
INPUT = (8, 8, 3)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Conv2D(6, 3, name="c"),
            layers.GroupNormalization(groups=1, epsilon=1e-5, name="norm"),
            layers.ReLU(),
            layers.Conv2DTranspose(2, 3, name="d"),
        ]
    )


def torch_model():
    from torch import nn

    return nn.Sequential(
        nn.Conv2d(3, 6, 3),
        nn.InstanceNorm2d(6, affine=True),
        nn.ReLU(),
        nn.ConvTranspose2d(6, 2, 3),
    )
