"""Who differs, and where: a function without `test_` runs in the framework's own process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.harness.process import Child
from tests.conftest import installed

PAIR = ("keras", "torch")  # the two that are compared
NATIVE: dict[str, Any] = {"regime": "native", "threads": 2}


def place_of(function: Callable[..., Any]) -> str:
    """What `Child.call` knows a function of a test file by."""
    return f"{function.__module__}:{function.__name__}"


def fresh(name: str, function: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """What the function returns in a process of its own."""
    with Child(installed(name), **NATIVE | options) as child:
        return child.call(place_of(function), *args)


def keras_net(**options: Any) -> Any:
    """A compiled network of 3 inputs and 1 output, in Keras's process."""
    import keras

    net = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    net.compile(optimizer="sgd", loss="mse", **options)
    return net
