"""the shape of a row is missing"""

TRUTH = "refuse"
LOSS = "mean_squared_error"


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential([keras.Input((6,)), layers.Dense(2, name="out")])


def torch_model():
    from torch import nn

    return nn.Linear(6, 2)
