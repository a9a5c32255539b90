"""How Keras's `fit` gets an epoch's batches: none is made before the clock of the epoch starts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from common.clock import EpochLog


class Turns(keras.callbacks.Callback):
    """Hands over the rows of each epoch as `fit` begins it; to ask for them starts its clock.

    Those of the first are handed over at once: Keras looks at batches before it begins an epoch.
    """

    def __init__(
        self,
        turns: Iterator[np.ndarray],
        give: Callable[[np.ndarray], Any],
        stop: Callable[[dict[str, float]], None],
    ) -> None:
        super().__init__()
        self.turns, self.give, self.stop = turns, give, stop
        self.rows = next(turns)
        give(self.rows)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Start the clock of an epoch."""
        if epoch:
            self.give(next(self.turns))

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Stop it."""
        self.stop(logs)


def clock(log: EpochLog) -> keras.callbacks.Callback:
    """The same where Keras itself chooses the rows, which it does when an epoch has begun."""
    return keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: log.start(),
        on_epoch_end=lambda epoch, logs: log.stop(lambda: logs),
    )


class Feed(keras.utils.PyDataset):
    """The batches of the epoch that has begun, as `take` makes them of so many rows.

    `fit` asks for them one by one, and for each epoch anew: no thread runs ahead.
    """

    def __init__(self, take: Callable[[np.ndarray], tuple], batch_size: int) -> None:
        super().__init__()
        self.take, self.batch_size = take, batch_size

    def give(self, rows: np.ndarray) -> None:
        """Go over to the next epoch, of these rows."""
        self.rows = rows

    def data(self, epochs: int) -> Any:
        """What `fit` takes for so many epochs."""
        return self

    def __len__(self) -> int:
        return -(-len(self.rows) // self.batch_size)

    def __getitem__(self, step: int) -> tuple:
        return self.take(self.rows[step * self.batch_size :][: self.batch_size])
