"""the function that builds the model returns nothing"""

TRUTH = "refuse"
INPUT = (6,)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential([keras.Input(INPUT), layers.Dense(2, name="out")])


def torch_model():
    from torch import nn

    model = nn.Linear(6, 2)
    model.eval()
