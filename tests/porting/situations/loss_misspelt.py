"""a loss that no framework has under this name"""

TRUTH = "refuse"
LOSS = "crossentropy"
INPUT = (6,)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential([keras.Input(INPUT), layers.Dense(2, name="out")])


def torch_model():
    from torch import nn

    return nn.Linear(6, 2)
