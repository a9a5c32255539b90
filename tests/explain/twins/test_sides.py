"""Both models are asked what they train by."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

import pytest

from benchmarks.explain.twins.optimizers import RATE
from benchmarks.explain.twins.sides import ask_sides
from common.twins.file import read_file
from tests.explain.twins.samples import NAMES, TWINS
from tests.twins.numpy_model import FILE, Process

OPTIMIZERS = """

def steps(*_):
    return None


OPTIMIZER = {"keras": steps, "torch": steps}
"""


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """What is known of two models in NumPy, of which the second has a fault."""
    path = tmp_path / "mine.py"
    path.write_text(FILE + OPTIMIZERS)
    twins = replace(TWINS, path=str(path), sha256=read_file(path).sha256, output_shapes=((4,),))

    def ask(fault):
        children = {"keras": Process(("a", "b")), "torch": Process(("one", "two"), fault)}
        monkeypatch.setattr(
            "benchmarks.explain.twins.sides.Child", lambda name, **_: nullcontext(children[name])
        )
        return ask_sides(twins, NAMES, {}, ("auto", None))

    return ask


@pytest.mark.parametrize(("fault", "rate"), [("", "0.1"), ("rate", "0.2")])
def test_both_sides_are_asked_and_an_optimiser_is_read_by_its_steps(fault, rate, asked):
    seen = asked(fault)
    assert [pair.other.name for pair in seen.matching.pairs] == ["one", "two"]
    assert [o.rule.family for o in seen.optimizers] == ["SGD", "SGD"]
    assert f"{seen.optimizers[1].rate:g}" == rate
    assert [s.name for s in seen.found.switches] == ([RATE] if fault else [])
    assert "same on both sides: none" in seen.found.skipped["dropout"]


def test_models_that_cannot_be_held_against_the_same_targets_are_refused(asked):
    with pytest.raises(ValueError, match="the outputs of the two models have other shapes"):
        asked("shape")
