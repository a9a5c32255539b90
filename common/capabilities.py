"""What a Task may do beside its rungs: somebody's needs, each of which a framework may leave out.

A class has a capability when it has the methods; `isinstance` asks for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from common.task import Weights


@runtime_checkable
class Savable(Protocol):
    """A Task whose framework's users keep weights in a file of their own, as the manifest's
    `suffix` says: `twinbench convert`."""

    def write_native(self, path: Path) -> None:
        """Write the weights into such a file; `path` has its suffix."""

    def read_native(self, path: Path) -> Weights:
        """The weights in such a file, of which no code is run; the Task stays as it is.

        Raises ValueError for another network, and what the framework raises for a damaged file.
        """


@runtime_checkable
class Stackable(Protocol):
    """A Task that can train in lock-step with others: `fit_replicas`."""

    @classmethod
    def stack(cls, tasks: Sequence[Any]) -> Stack | None:
        """The Tasks as one that trains all of them; None if their regime has no such thing."""


class Stack(Protocol):
    """Several networks of one shape as one program."""

    def train_epochs(
        self, x: np.ndarray, y: np.ndarray, epochs: int, turns: Iterator[np.ndarray], log: Any
    ) -> None:
        """Train on all rows as one dense table, and hand each Task its state after each epoch.

        `turns` gives for each epoch the rows of each Task in the table, int64 (tasks, n), and
        starts the epoch's clock; `log` is the `StackLog` that stops it.
        """
