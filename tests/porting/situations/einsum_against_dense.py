"""EinsumDense over heads against one linear layer"""

TRUTH = "right"
INPUT = (5, 8)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.EinsumDense(
                "btd,dhk->bthk", output_shape=(None, 2, 3), bias_axes="hk", name="heads"
            ),
            layers.Reshape((5, 6)),
            layers.ReLU(),
            layers.Dense(2, name="out"),
        ]
    )


def torch_model():
    from torch import nn

    return nn.Sequential(nn.Linear(8, 6), nn.ReLU(), nn.Linear(6, 2))
