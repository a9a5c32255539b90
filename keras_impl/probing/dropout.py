"""Dropout in a user's Keras model: where a training would draw it, and a training without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from keras import layers
from keras.src import backend

from keras_impl.probing.shown import swapped
from keras_impl.probing.units import is_keras_own
from keras_impl.probing.watch import Watch

RATES = ("rate", "dropout", "recurrent_dropout", "_dropout", "stddev")
NOISE = (layers.GaussianDropout, layers.GaussianNoise, layers.AlphaDropout)


@contextmanager
def without_dropout(model: layers.Layer) -> Iterator[None]:
    """Rates are zero meanwhile, and so is what a layer draws by `keras.random.dropout`."""
    with ExitStack() as stack:
        stack.enter_context(_drawing(lambda rate: None))
        for layer in model._flatten_layers():
            for name in rates_of(layer):
                stack.enter_context(swapped(layer, name, 0.0))
        yield


def dropout_of(watch: Watch, train: Callable[[], Any]) -> list[tuple[str, float]]:
    """Layer and rate of each dropout that a training draws, in order; `train` calls the model."""
    draws: dict[tuple[str, float], None] = {}

    def noted(layer: Any, tensors: Any) -> None:
        if isinstance(layer, NOISE) or (
            isinstance(layer, layers.Layer) and not is_keras_own(layer)
        ):
            for name in rates_of(layer):  # they draw by other functions
                draws[watch.names.get(id(layer), layer.name), vars(layer)[name]] = None

    watch.check = noted
    with watch, _drawing(lambda rate: draws.setdefault((watch.top, rate))):
        train()
    return list(draws)


def may_draw(model: layers.Layer) -> bool:
    """Whether a training may draw dropout; what a layer of the user's own does is not known."""
    return any(rates_of(layer) or not is_keras_own(layer) for layer in model._flatten_layers())


def rates_of(layer: layers.Layer) -> list[str]:
    """The attributes by which a layer drops."""
    return [
        name
        for name in RATES
        if isinstance(rate := vars(layer).get(name), float)
        and rate > 0
        and (name != "stddev" or isinstance(layer, layers.GaussianNoise))
    ]


def _drawing(note: Callable[[float], Any]) -> Any:
    """Tell each draw of Keras's dropout its rate, and draw nothing."""

    def dropout(inputs: Any, rate: float, *_: Any, **__: Any) -> Any:
        if rate > 0:
            note(float(rate))
        return inputs

    return patch.object(backend.random, "dropout", dropout)
