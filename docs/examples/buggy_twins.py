"""The network of conv_twins.py with a bug that people who port models really make.

    twinbench parity --twins docs/examples/buggy_twins.py

The dense kernel is taken over as it is, although PyTorch flattens channels first and Keras channels
last. All shapes fit and the model trains, so nothing but a comparison shows it. The ladder names
the input of the dense layer: the same values in another order.
"""

LOSS = "categorical_crossentropy"
INPUT = (28, 28, 1)
DATA = "mnist"
RULES = {"batch_size": 128, "epochs": 1}


def keras_model():
    """A convolution, flattened with channels last, logits of 10 classes."""
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Conv2D(8, 3, activation="relu", name="edges"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(10, name="classes"),
        ]
    )


def torch_model():
    """The same layers; `nn.Flatten` hands the channels on first."""
    from torch import nn

    return nn.Sequential(
        nn.Conv2d(1, 8, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(8 * 13 * 13, 10),
    )
