"""IMDB sentiment in Keras: 10,000 words -> 16 relu -> 16 relu -> 1 sigmoid."""

from __future__ import annotations

import keras
from keras import layers


def network() -> keras.Sequential:
    """Probabilities (n, 1) of rows (n, 10,000)."""
    return keras.Sequential(
        [
            keras.Input(shape=(10_000,)),
            layers.Dense(16, activation="relu", name="hidden1"),
            layers.Dense(16, activation="relu", name="hidden2"),
            layers.Dense(1, activation="sigmoid", name="output"),
        ]
    )
