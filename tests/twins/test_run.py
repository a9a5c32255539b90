"""A user's file that is run: its models paired before a training, and its records."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest

from benchmarks.cli import main
from benchmarks.twins.match import match
from benchmarks.twins.pairing import paired, starts_of
from common.framework import frameworks
from common.problem import Metric
from common.twins.layers import started
from common.twins.problem import read_twins
from tests.command import ROOT
from tests.twins.opened import PROBES
from tests.twins.pairs import NAMES, RIGHT, needs_both, pair_file
from tests.twins.several import A_FUNCTION, IN_JAX, SEVERAL
from tests.twins.test_match import dense, own

EXAMPLES = ROOT / "docs" / "examples"

needs_flax = pytest.mark.skipif(find_spec("flax") is None, reason="flax is not installed")


@pytest.fixture
def seen(twin_process, monkeypatch):
    """`paired` in processes that serve many files."""
    used = {}

    def child_of(name, **_):
        used[name] = twin_process(name)
        return nullcontext(used[name])

    monkeypatch.setattr("benchmarks.twins.pairing.Child", child_of)
    yield lambda path, names=NAMES: paired(read_twins(path), names, {})
    for child in used.values():
        child.call(f"{PROBES}:close_probes")


@pytest.fixture
def trained(twin_process):
    """What a training of a model gives: see `calls.trained`."""
    call = "tests.twins.calls:trained"
    return lambda twins, name, regime: twin_process(name).call(call, twins, name, regime)


def test_paired_weights_start_alike_and_those_of_one_model_from_their_own_name():
    ones = [dense("q", (3, 4)), dense("k", (3, 4)), own("scale", (1, 2)), dense("last", (8, 2))]
    others = [dense("qk", (3, 8)), dense("more", (5, 5)), own("net", (2,)), dense("out", (8, 2))]
    matching = match(ones, others, {}, {"last": (2, 2, 2)})
    mine = started(starts_of(match(ones, ones, {}, {})), seed=3)
    theirs = started(starts_of(matching), seed=3)
    for name, value in matching.to_other(mine).items():
        assert np.array_equal(theirs[name], value), name
    assert np.array_equal(theirs["qk/kernel"][:, 4:], mine["k/kernel"])
    assert not np.array_equal(theirs["out/kernel"], mine["last/kernel"])  # FLATTEN moved its rows
    assert theirs["more/kernel"].shape == (5, 5) and theirs.keys() == {
        f"{unit.name}/{role}" for unit in others for role in unit.weights
    }


@needs_both
def test_any_inputs_outputs_losses_and_optimisers_train_alike_in_matched(trained, seen, tmp_path):
    path = tmp_path / "several.py"
    path.write_text(SEVERAL)
    twins, notes, matched = seen(path)
    assert twins.metric is Metric.LOSS and twins.output_shapes == ((2,), (1,)) and notes == []
    assert [sum("dropout" in note for note in matched), len(matched)] == [2, 3]
    runs = {
        (name, regime): trained(twins, name, regime)
        for name in NAMES
        for regime in ("matched", "native")
    }
    one, other = (runs[name, "matched"] for name in NAMES)
    for names in (("table/embeddings",) * 2, ("mix/kernel",) * 2, ("two/bias",) * 2):
        assert np.allclose(one[0][names[0]], other[0][names[1]], atol=1e-7)
        assert np.allclose(one[1][names[0]], other[1][names[1]], atol=1e-4)
        assert not np.allclose(one[0][names[0]], one[1][names[0]], atol=1e-3)
    statistics = one[1]["batch_normalization/moving_variance"], other[1]["norm/moving_variance"]
    assert np.allclose(*statistics, rtol=1e-4)
    assert one[2]["loss"] == pytest.approx(other[2]["loss"], rel=1e-4)
    assert one[3] == pytest.approx(other[3], rel=1e-4) and one[3].keys() == {"loss"}
    keras, torch = (runs[name, "native"][2]["loss"] for name in NAMES)
    assert one[2]["loss"] != pytest.approx(keras, rel=1e-2)
    assert torch != pytest.approx(other[2]["loss"], rel=1e-2)


@needs_both
@needs_flax
def test_a_module_of_flax_trains_as_the_others_do(trained, seen, tmp_path):
    path = tmp_path / "several.py"
    path.write_text(SEVERAL.replace("def keras_model", "def no_model") + IN_JAX)
    twins, _, matched = seen(path, ("torch", "jax"))
    assert any("in jax's 'drop' is switched off" in note for note in matched)
    one, other = (trained(twins, name, "matched") for name in ("torch", "jax"))
    assert one[0].keys() == other[0].keys()
    for name, start in one[0].items():
        assert np.allclose(other[0][name], start, atol=1e-7), name
        assert np.allclose(other[1][name], one[1][name], rtol=1e-4, atol=1e-4), name
    assert other[2]["loss"] == pytest.approx(one[2]["loss"], rel=1e-4)
    assert other[3] == pytest.approx(one[3], rel=1e-4)
    first, last = trained(twins, "jax", "native")[2]["loss"]
    assert last < first != pytest.approx(other[2]["loss"][0], rel=1e-2)


@needs_both
@needs_flax
def test_a_function_that_cannot_be_compiled_trains_too(trained, seen, tmp_path):
    path = tmp_path / "function.py"
    path.write_text(A_FUNCTION)
    twins, *_ = seen(path, ("jax", "torch"))
    one, other = (trained(twins, name, "matched") for name in ("jax", "torch"))
    for name in ("loss", "accuracy"):
        assert one[2][name] == pytest.approx(other[2][name], rel=1e-4)
        assert one[3][name] == pytest.approx(other[3][name], rel=1e-4)
    assert one[2]["loss"][1] < one[2]["loss"][0]


@needs_both
@pytest.mark.parametrize("names", [["keras"], ["torch"]], ids=str)
def test_a_model_starts_alike_whichever_frameworks_are_chosen(seen, names):
    both, *_ = seen(EXAMPLES / "conv_twins.py")
    alone, *_ = seen(EXAMPLES / "conv_twins.py", names)
    assert alone.models == tuple(both.model(name) for name in names)
    assert alone.metric is Metric.ACCURACY and alone.outputs == 10


@needs_both
def test_what_a_reader_must_know_before_a_training_is_said(seen, tmp_path):
    models = "layers.Dense(3, activation='softmax')", "nn.Linear(6, 3), nn.PReLU()"
    head = "LOSS, WEIGHTS = 'categorical_crossentropy', {'torch': 'trained.pt'}"
    twins, notes, matched = seen(pair_file(tmp_path / "mine.py", "(6,)", *models, head=head))
    assert [twins.model(name).loss_on for name in NAMES] == ["probabilities", "logits"]
    assert any("LOSS_ON does not say it" in note for note in notes)
    assert any("WEIGHTS are not loaded" in note for note in notes)
    assert any("of torch has no partner" in note for note in matched)
    (tmp_path / "two.py").write_text(SEVERAL.replace("return self.two(mixed), ", "return "))
    with pytest.raises(ValueError, match="keras_model has 2 outputs and torch_model 1: a training"):
        seen(tmp_path / "two.py")


def test_a_first_model_whose_framework_is_not_there_is_asked_for(monkeypatch):
    absent = replace(frameworks()["keras"], requires=("no_such_package",))
    monkeypatch.setattr("benchmarks.twins.pairing.framework", lambda _: absent)
    with pytest.raises(ValueError, match=r"keras_model comes first.*keras is not installed"):
        paired(read_twins(EXAMPLES / "conv_twins.py"), ["torch"], {})


@pytest.mark.parametrize("command", ["run", "parity"])
def test_twins_have_no_tuned_regime(capsys, command):
    twins = str(EXAMPLES / "conv_twins.py")
    assert main.main([command, "--twins", twins, "--regime", "tuned"]) == 2
    assert "twins run in native and matched" in capsys.readouterr().err


@needs_both
def test_what_a_training_of_twins_cannot_do_is_refused(capsys, tmp_path):
    path = tmp_path / "several.py"
    path.write_text(SEVERAL)
    assert main.main(["run", "--twins", str(path), "--learning-rate", "0.1"]) == 2
    assert "OPTIMIZER in" in capsys.readouterr().err
    path.write_text(SEVERAL.replace("LOSS =", "LOSSES ="))
    assert main.main(["run", "--twins", str(path)]) == 2
    assert "a training needs one" in capsys.readouterr().err
    without = replace(frameworks()["jax"], without={"twins": ""})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("benchmarks.twins.pairing.framework", lambda _: without)
        with pytest.raises(NotImplementedError, match="jax has no twins; these have it"):
            paired(read_twins(EXAMPLES / "conv_twins.py"), ["jax"], {})


@pytest.mark.long
@needs_both
def test_twins_are_run_and_recorded(tmp_path, capsys):
    path = pair_file(tmp_path / "mine.py", *RIGHT["normalisation, dropout"])
    options = ["--results", str(tmp_path / "results"), "--regime", "matched", "--json"]
    assert main.main(["run", "--twins", str(path), *options]) == 0
    records = json.loads(capsys.readouterr().out)["results"]
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


@pytest.mark.long
@needs_both
def test_a_study_of_twins_is_declared_run_judged_and_goes_on(tmp_path, capsys):
    path = pair_file(tmp_path / "mine.py", *RIGHT["normalisation, dropout"])
    options = ["--results", str(tmp_path / "results"), "--regime", "matched", "--margin", "0.5"]
    words = ["study", "--twins", str(path), *options, "--seeds", "2", "--timed", "0"]
    assert main.main(words) == 0
    out, err = capsys.readouterr()
    assert "equivalent" in out and "Exploratory: fewer seeds than 30" in out.replace("\n", " ")
    assert "(was there)" not in err
    assert main.main(words) == 0
    assert capsys.readouterr().err.count("(was there)") == 4
    assert main.main([*words, "--margin", "0.1"]) == 2
    assert "margin 0.5 and not 0.1" in capsys.readouterr().err
