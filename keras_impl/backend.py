"""What Keras computes with: TensorFlow, JAX or PyTorch, as the variable KERAS_BACKEND says."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

import keras
import numpy as np

from common.regime import Regime


class Backend(Protocol):
    """The names of each module in `keras_impl.backends` that is called as its backend is."""

    TUNED: str  # where there is one, the module of what a tuned step does: `compiled`, `fit`,
    # `stack`, `accept_sparse` and `sparse_rows`
    Feed: Callable[[Callable[[np.ndarray], tuple], int], Any]
    """`Feed(take, batch_size)` feeds `fit` as `keras_impl.feed.Feed` does."""

    def prepare(self, rules: Regime) -> None:
        """Set what a regime asks of the whole process, or raise NotImplementedError."""

    def densified(self, gradient: Any) -> Any:
        """A gradient as one tensor, an embedding's too: parts of a repeated word are added."""

    def gradients(
        self, loss_of: Callable[[], Any], variables: Sequence[Any], state: Sequence[Any]
    ) -> tuple[Any, list[Any]]:
        """A loss and its gradients, None where there is none, computed call by call.

        What the call gives the variables of `state`, such as running means, they hold afterwards.
        """

    def evaluating(self) -> AbstractContextManager:
        """While entered, nothing is kept for gradients."""

    def concrete(self, tensor: Any) -> bool:
        """Whether a tensor of the backend has values, and is not of a graph being made."""

    def allow_float64(self) -> None:
        """Let this process compute in float64, before anything is computed."""

    def turn_channels(self) -> None:
        """Let convolutions with channels first run on this process's CPU, from now on."""

    def synchronize(self, device: str) -> None:
        """Wait until the device has finished all it was given."""

    def peak_bytes(self, device: str) -> int | None:
        """The most memory taken on a device; None where that is not told."""

    def runtime(self) -> dict[str, Any]:
        """`versions`, `devices` and `threads` as read back."""


NAME: str = keras.config.backend()
_chosen: Backend = importlib.import_module(f"keras_impl.backends.{NAME}")  # type: ignore

prepare, densified, Feed = _chosen.prepare, _chosen.densified, _chosen.Feed
gradients, evaluating, concrete = _chosen.gradients, _chosen.evaluating, _chosen.concrete
allow_float64 = _chosen.allow_float64
turn_channels = _chosen.turn_channels
synchronize, peak_bytes, runtime = _chosen.synchronize, _chosen.peak_bytes, _chosen.runtime


def tuned() -> Any:
    """The module of what a tuned step does, on a backend that has one."""
    return importlib.import_module(_chosen.TUNED)
