"""What the data layer hands out: `Data`, and the one error it raises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy import sparse


class DataError(RuntimeError):
    """Data are missing, damaged or refused; says which file, what was expected, what to do."""


@dataclass(frozen=True)
class Data:
    """The arrays of one problem, prepared as its textbook does, and where they came from."""

    x: np.ndarray | sparse.csr_matrix
    """Training rows, float32 (n, features); validation rows first, split off by
    `common.splits.hold_out`. Text is CSR: sorted unique int32 columns, every value 1."""
    y: np.ndarray
    """int64 classes (n,), or float32 values (n,)."""
    x_test: np.ndarray | sparse.csr_matrix
    y_test: np.ndarray
    source: str
    """"folder", "cache", "download", "embedded" or "generated"."""
    origin: str
    """Where exactly: a path, a URL, a package and its version, or a generator and its seed."""
    digest: str
    """"sha256:<hex>" of the decoded arrays: the same for `.npz` and IDX."""
    real: bool = True
    """Is this the whole real data set?"""
    notice: str = ""
    """One sentence to be said loudly of embedded or generated data, else empty."""
    unscaled: tuple[np.ndarray, np.ndarray] | None = None
    """Boston only: float64 rows of train and test before standardising."""
    place: str | None = None
    """The folder of this machine whose files were read; None if it was none."""

    @property
    def again(self) -> tuple[str, str | None] | None:
        """`data` and `data_dir` with which `load` gives these very data and looks nowhere else.

        None for what a problem brings along, which `load` does not look for.
        """
        if self.place:
            return "folder" if self.source == "folder" else "cache", self.place
        return ("embedded", None) if self.source in ("embedded", "generated") else None
