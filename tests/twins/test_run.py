"""A user's file that is run: its layers paired before a training, and its records."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import replace

import pytest

from benchmarks.cli import main
from benchmarks.harness.pairing import paired
from benchmarks.harness.process import Child
from common.framework import frameworks
from common.twins.problem import read_twins
from tests.command import ROOT
from tests.twins.test_judge import CLASSES, FILE, NAMES, RIGHT

EXAMPLES = ROOT / "docs" / "examples"

pytestmark = pytest.mark.skipif(
    any(frameworks()[name].missing for name in NAMES), reason="twins need both frameworks"
)


@pytest.fixture(scope="module")
def children():
    with Child(NAMES[0], threads=1) as one, Child(NAMES[1], threads=1) as other:
        yield dict(zip(NAMES, (one, other), strict=True))


def write(path, shape, one, other, more=""):
    """The path of a file with two models."""
    path.write_text(FILE.format(head=CLASSES, shape=shape, more=more, one=one, other=other))
    return path


def test_a_layer_for_which_the_other_has_no_place_is_refused(children, tmp_path):
    models = ("(7, 4)", "layers.LSTM(5)", "nn.LSTM(4, 5, num_layers=2), Last()")
    path = write(tmp_path / "deep.py", *models)
    with pytest.raises(ValueError, match=r"LSTM has .*weight_hh_l1.*one layer for each"):
        children["torch"].call("benchmarks.harness.pairing:layers_of", read_twins(path), "torch")


@pytest.mark.parametrize("names", [["keras"], ["torch"], ["torch", "keras"]], ids=str)
def test_layers_that_the_file_names_pair_whichever_framework_is_chosen(
    children, monkeypatch, tmp_path, names
):
    contexts = {name: nullcontext(child) for name, child in children.items()}
    monkeypatch.setattr("benchmarks.harness.pairing.Child", lambda name, **_: contexts[name])
    keras, torch = "layers.Dense(6, name='a'), layers.Dense(6, name='b')", "nn.Linear(6, 6)"
    models = ("(6,)", keras, f"{torch}, {torch}", "PAIRS = {'a': '1'}")
    crossed = write(tmp_path / "crossed.py", *models)
    for path in (EXAMPLES / "conv_twins.py", crossed):
        both, _ = paired(path, ["keras", "torch"], {})
        twins, notes = paired(path, names, {})
        assert [one.name for one in twins.pairs] == [one.name for one in both.pairs]
        for here, there in zip(twins.pairs, both.pairs, strict=True):
            assert here.flatten == there.flatten
            assert set(here.layers) == {at for at in there.layers if at[0] in names}
    assert len(notes) == 1


def test_a_file_that_names_layers_of_a_framework_that_is_not_there_is_refused(monkeypatch):
    absent = replace(frameworks()["keras"], requires=("no_such_package",))
    monkeypatch.setattr("benchmarks.harness.pairing.framework", lambda _: absent)
    with pytest.raises(ValueError, match="PAIRS and FLATTEN name its layers: keras is not inst"):
        paired(EXAMPLES / "conv_twins.py", ["torch"], {})


@pytest.mark.parametrize("command", ["run", "parity"])
def test_twins_have_no_tuned_regime(capsys, command):
    twins = str(EXAMPLES / "conv_twins.py")
    assert main.main([command, "--twins", twins, "--regime", "tuned"]) == 2
    assert "twins run in native and matched" in capsys.readouterr().err


@pytest.mark.long
def test_twins_are_run_and_recorded(tmp_path, capsys):
    path = write(tmp_path / "mine.py", *RIGHT["normalisation, dropout"])
    options = ["--results", str(tmp_path / "results"), "--regime", "matched", "--json"]
    assert main.main(["run", "--twins", str(path), *options]) == 0
    records = json.loads(capsys.readouterr().out)
    assert {record["framework"] for record in records} == set(NAMES)
    for record in records:
        settings = record["settings"]["problem"]
        assert record["error"] is None and record["problem"] == "twins:mine"
        assert settings["path"] == path.name and len(settings["sha256"]) == 64
        assert not record["data"]["real"]
    losses = [record["history"]["loss"] for record in records]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
    assert main.main(["table", *options[:2]]) == 0
    assert "twins:mine" in capsys.readouterr().out
