"""What the judge says of two models, and all that it saw."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.twins.causes.cause import Cause
from benchmarks.twins.compare import Rung
from benchmarks.twins.place import Fault


@dataclass
class Judgement:
    """What the judge says of two models, and all that it saw."""

    path: str
    frameworks: tuple[str, str]
    seed: int
    verdict: str = "refused"  # or "right", "wrong", "random"
    sentence: str = ""
    digest: str = ""  # of the file
    faults: list[Fault] = field(default_factory=list)
    causes: list[Cause] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    notice: str = ""  # of rows that are not the data set's own; among the notes too
    weights: str = ""  # carried, own or drawn, and whose
    pairs: list[tuple[str, str]] = field(default_factory=list)
    rungs: list[Rung] = field(default_factory=list)
    outputs: dict[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)  # in float32
    first_layer: tuple[np.ndarray, np.ndarray] | None = None  # its outputs

    def stand_in(self, notice: str) -> None:
        """The rows stand in for those of a data set."""
        self.notice = notice
        self.notes.append(notice)

    @property
    def places(self) -> list[str]:
        """The users' names of what is wrong, the first fault first."""
        return [name for fault in self.faults for name in fault.places]

    @property
    def name(self) -> str:
        """The file's name as that of a problem."""
        return f"twins:{Path(self.path).stem}"
