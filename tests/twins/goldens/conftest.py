"""A file of two models, and one whose models both have goldens."""

from __future__ import annotations

import pytest

from benchmarks.twins.judge import judge
from tests.twins.goldens.models import NAMES, children, write_both
from tests.twins.numpy_model import FILE


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "pair_twins.py"
    path.write_text(FILE)
    return path


@pytest.fixture
def written(file, tmp_path):
    """A file whose models both have goldens."""
    (tmp_path / "nets.py").write_text("WIDTH = 5\n")
    (tmp_path / "trained.npz").write_text("numbers")
    beside = (str(tmp_path / "nets.py"),)
    judgement = judge(file, NAMES, children=children(beside=beside), on_right=write_both)
    assert judgement.verdict == "right", judgement.sentence
    return file
