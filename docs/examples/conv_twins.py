"""A small convolutional network for MNIST, the same in Keras and in PyTorch.

    twinbench parity --twins docs/examples/conv_twins.py
    twinbench run --twins docs/examples/conv_twins.py

Keras keeps channels last and PyTorch channels first, so what a flatten hands on stands in another
order. FLATTEN says so, and the rows of the dense kernel travel with it.
"""

LOSS = "categorical_crossentropy"
INPUT = (28, 28, 1)
DATA = "mnist"
FLATTEN = {"classes": (5, 5, 16)}
RULES = {"batch_size": 128, "epochs": 1}


def keras_model():
    """Two convolutions, a normalisation between them, logits of 10 classes."""
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Conv2D(8, 3, activation="relu", name="edges"),
            layers.MaxPooling2D(),
            layers.BatchNormalization(name="norm"),
            layers.Conv2D(16, 3, activation="relu", name="parts"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(10, name="classes"),
        ]
    )


def torch_model():
    """The same; the conventions of the normalisation are Keras's, written out."""
    from torch import nn

    return nn.Sequential(
        nn.Conv2d(1, 8, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.BatchNorm2d(8, eps=1e-3, momentum=0.01),  # Keras keeps .99, so .01 is taken in
        nn.Conv2d(8, 16, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(16 * 5 * 5, 10),
    )
