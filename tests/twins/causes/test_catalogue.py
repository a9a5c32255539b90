"""The catalogue of causes: every entry can be found, is planted somewhere, and has its lines."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

from benchmarks.twins.cause import Cause
from benchmarks.twins.causes import search
from benchmarks.twins.causes.catalogue import ENTRIES
from benchmarks.twins.causes.entries import training
from benchmarks.twins.causes.scene import Finder
from tests.twins.scenes import event, scene
from tools.ports import SITUATIONS, situation

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
SITUATED = {c for file in SITUATIONS.glob("*.py") for c in situation(file).causes}
LATER = {entry.name for entry in training.ENTRIES}
LATER |= {"momentum", "training_of_normalisation", "padding_idx", "detached"}
"""What shows in training alone: the tests of rules and the situations plant it."""


def names_in(file: Path) -> set[str]:
    """The words that stand in quotes in a test."""
    nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    return {
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=lambda entry: entry.name)
def test_an_entry_has_a_line_in_every_framework_and_its_page_is_there(entry):
    for framework in ("keras", "keras:torch", "torch", "jax"):
        line = entry.line(framework, {"layer": "nn.BatchNorm2d"})
        assert line and "{" not in line
    assert entry.title and entry.recognised
    assert not entry.page or (ROOT / f"docs/differences/{entry.page}.md").is_file()


def test_every_entry_has_a_finder_or_is_only_told():
    found = {name for finder in search.FINDERS for name in finder.entries}
    assert found <= ENTRIES.keys()
    told = {entry.name for entry in ENTRIES.values() if entry.suspected_only}
    assert ENTRIES.keys() - found - told - LATER == set()


def test_every_entry_is_planted_in_a_test_or_in_a_situation():
    tests = [path for path in HERE.glob("test_*.py") if path != Path(__file__)]
    planted = SITUATED.union(*map(names_in, tests))
    assert ENTRIES.keys() - planted - LATER == set()
    assert ENTRIES.keys() >= SITUATED


def test_a_line_is_filled_with_the_models_own_numbers():
    entry = ENTRIES["epsilon"]
    filling = {"layer": "nn.LayerNorm", "torch_features": "8, ", "epsilon": 1e-3}
    assert entry.line("torch", filling) == "nn.LayerNorm(8, eps=1e-3)"
    assert entry.line("keras", {"layer": "layers.LayerNormalization"}).endswith("(epsilon=...)")


def test_a_cause_is_said_with_what_was_tried_and_what_to_write():
    proved = Cause(
        "epsilon", ("n",), "n has epsilon 1e-3 in keras", "eps=1e-3", True, "with 1e-3", 6e-3, 2e-7
    )
    assert str(proved) == (
        "cause, proved: n has epsilon 1e-3 in keras; with 1e-3 the difference falls from 6e-03 to "
        "2e-07. Write eps=1e-3"
    )
    assert str(Cause("tied", ("o",), "o is tied", "")) == "cause, suspected: o is tied"


def test_a_finder_that_fails_leaves_the_others_and_a_note(monkeypatch):
    cause = Cause("tied", ("o",), "o is tied", "o = e")
    weak = Cause("other_tensor", ("o",), "o is fed otherwise", "", True)

    def fails(scene):
        raise KeyError("kernel")

    finders = Finder(("epsilon",), fails), Finder(("tied",), lambda scene: [cause, weak, cause])
    monkeypatch.setattr(search, "FINDERS", finders)
    x = np.ones((2, 2))
    seen = scene(*[[event("a", "D", x, x)]] * 2, [x])
    assert search.causes(seen) == [weak, cause]
    assert "epsilon" in seen.judgement.notes[-1] and "kernel" in seen.judgement.notes[-1]
