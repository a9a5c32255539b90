"""MNIST digits in Keras: 784 -> 512 relu -> 10 softmax."""

from __future__ import annotations

import keras
from keras import layers


def network() -> keras.Sequential:
    """Probabilities (n, 10) of rows (n, 784)."""
    return keras.Sequential(
        [
            keras.Input(shape=(28 * 28,)),
            layers.Dense(512, activation="relu", name="hidden1"),
            layers.Dense(10, activation="softmax", name="output"),
        ]
    )
