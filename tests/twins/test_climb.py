"""Two models climb: what of them is there at once."""

from __future__ import annotations

import numpy as np

from benchmarks.twins.climb import Side, trained
from common.twins.file import read_file
from tests.twins.numpy_model import FILE, Process


def test_what_an_optimizer_keeps_comes_apart_from_the_weights_of_its_step(tmp_path):
    """Both of a large model, four times, fill the memory."""
    path = tmp_path / "pair_twins.py"
    path.write_text(FILE)
    file = read_file(path)
    side = Side(Process(("a", "b")), file, "keras", 0, "cpu")  # type: ignore[arg-type]
    rows = file.rows(0)[0]
    targets = [np.ones_like(value) for value in side.ask("outputs", rows).values()]
    parts = [list(climbs[0, "float64"]) for climbs in trained([side], rows, [targets])]
    kinds = [{"/slot/" in name for name in part} for part in parts]
    assert kinds == [{False}, {False}, {True}, {False}, {True}]
    assert "step 1/a/kernel" in parts[1] and "step 3/slot/first/x" in parts[4]
