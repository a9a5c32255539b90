"""Boston housing prices in Keras: 13 features -> 64 relu -> 64 relu -> 1."""

from __future__ import annotations

import keras
from keras import layers


def network() -> keras.Sequential:
    """Prices (n, 1) in thousands of dollars of rows (n, 13)."""
    return keras.Sequential(
        [
            keras.Input(shape=(13,)),
            layers.Dense(64, activation="relu", name="hidden1"),
            layers.Dense(64, activation="relu", name="hidden2"),
            layers.Dense(1, name="output"),
        ]
    )
