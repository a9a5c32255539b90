"""a batch normalisation that lost its scale and its shift"""

TRUTH = "wrong"
PLACE = "bn"
CAUSE = "a normalisation without scale and shift"
CAUSES = ("affine_missing",)
INPUT = (6,)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Dense(5, name="fc"),
            layers.BatchNormalization(name="bn"),
            layers.Dense(2, name="out"),
        ]
    )


def torch_model():
    from torch import nn

    return nn.Sequential(
        nn.Linear(6, 5),
        nn.BatchNorm1d(5, eps=1e-3, momentum=0.01, affine=False),
        nn.Linear(5, 2),
    )
