"""Reuters topics in Keras: 10,000 words -> 64 relu -> 64 relu -> 46 softmax."""

from __future__ import annotations

import keras
from keras import layers


def network() -> keras.Sequential:
    """Probabilities (n, 46) of rows (n, 10,000)."""
    return keras.Sequential(
        [
            keras.Input(shape=(10_000,)),
            layers.Dense(64, activation="relu", name="hidden1"),
            layers.Dense(64, activation="relu", name="hidden2"),
            layers.Dense(46, activation="softmax", name="output"),
        ]
    )
