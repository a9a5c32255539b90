"""The problem of a user's model that trains by something of the other one's."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from common.twins.problem import Twins
from common.twins.turns import Turns


@dataclass(frozen=True)
class Turned(Twins):
    """The user's file, of which one model trains with `exchanged`.

    `folder` has what each side draws, see `draws_path`; it is known in the process that trains.
    """

    exchanged: Turns = field(default_factory=Turns)
    folder: str = field(default="", compare=False)

    @property
    def turns(self) -> Turns:
        """What the model has of the other one's."""
        return self.exchanged

    def initial(self, framework: str, seed: int) -> dict[str, np.ndarray]:
        """What the weights that are exchanged start from, by the model's own names."""
        if not self.exchanged.initial:
            return {}
        path = draws_path(Path(self.folder), framework, self.exchanged.giver, seed)
        with np.load(path, allow_pickle=False) as drawn:
            return {name: drawn[name] for name in self.exchanged.initial}


def draws_path(folder: Path, receiver: str, giver: str, seed: int) -> Path:
    """The file of what one model draws, under the names and in the layout of the other."""
    return folder / f"{receiver}-from-{giver}-seed{seed}.npz".replace(":", "-")
