"""TOKENS says more words than the table has"""

TRUTH = "refuse"
INPUT = (6,)
TOKENS = 1000


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Embedding(10, 4, name="e"),
            layers.Flatten(),
            layers.Dense(2, name="out"),
        ]
    )


def torch_model():
    from torch import nn

    return nn.Sequential(nn.Embedding(10, 4), nn.Flatten(), nn.Linear(24, 2))
