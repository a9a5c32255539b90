"""What `fit` measures: the seconds of an epoch of training and of its validation, and the means."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

History = dict[str, list[float]]
"""One value per epoch: loss, metric, val_loss, val_<metric>, {epoch,cpu,validation}_seconds."""

CLOCKS = ("epoch_seconds", "cpu_seconds", "validation_seconds")
"""Those of a history's values that are no curve."""


class EpochLog:
    """The clock of `fit` and the history that it fills, the same for every framework.

    `synchronize()` waits for the device; `validate()` scores the held-out rows, None where there
    are none.
    """

    def __init__(
        self,
        synchronize: Callable[[], Any],
        validate: Callable[[], Mapping[str, float]] | None = None,
        on_epoch: Callable[[int, Mapping[str, float]], None] | None = None,
    ) -> None:
        self.synchronize, self.validate, self.on_epoch = synchronize, validate, on_epoch
        self.history: History = {}

    @property
    def epochs(self) -> int:
        """Epochs that have ended."""
        return len(self.history.get("epoch_seconds", ()))

    def start(self) -> None:
        """Start the clock of an epoch, with nothing of earlier work left on the device."""
        self.synchronize()
        self.started = time.perf_counter(), time.process_time()

    def seconds(self) -> dict[str, float]:
        """Since the start, when the device is idle: by the wall, and of all threads by the CPU."""
        self.synchronize()
        wall, cpu = self.started
        return {
            "epoch_seconds": time.perf_counter() - wall,
            "cpu_seconds": time.process_time() - cpu,
        }

    def stop(
        self,
        means: Callable[[], Mapping[str, float]],
        seconds: Mapping[str, float] | None = None,
    ) -> None:
        """Stop the clock when the device is idle, then validate under a clock of its own.

        `means` gives the epoch's loss and metric, each the mean over its samples. `seconds` is of
        an epoch that another clock has measured, as `seconds()` gives them.
        """
        row = {**(self.seconds() if seconds is None else seconds), **means()}
        if self.validate is not None:
            started = time.perf_counter()
            held_out = self.validate()
            row["validation_seconds"] = time.perf_counter() - started
            row |= {f"val_{name}": value for name, value in held_out.items()}
        for name, value in row.items():
            self.history.setdefault(name, []).append(float(value))
        if self.on_epoch is not None:
            self.on_epoch(self.epochs, row)
