"""Each kind of layer on the ladder, in both frameworks, and a user's file through the commands."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import replace

import pytest

from benchmarks.cli import main
from benchmarks.harness.pairing import paired
from benchmarks.harness.process import Child
from benchmarks.twins.ladder import TURNED, TwinParity, ladder_of
from common.framework import frameworks, label_of
from common.twins.problem import read_twins
from tests.command import ROOT

EXAMPLES = ROOT / "docs" / "examples"
NAMES = ("keras", "torch")

FILE = """\
LOSS = "categorical_crossentropy"
INPUT = {shape}
{more}

def keras_model():
    import keras
    from keras import layers

    return keras.Sequential([keras.Input(INPUT), {one}])

def torch_model():
    import torch
    from torch import nn

    class Last(nn.Module):
        def forward(self, outputs):
            return outputs[0][:, -1]

    class Swap(nn.Module):
        def forward(self, x):
            return x.transpose(1, 2)

    class Mix(nn.Module):
        def forward(self, x):
            return x + x.roll(1, 0)

    return nn.Sequential({other})
"""
BATCH_NORM = "eps=1e-3, momentum=0.01"
RIGHT = {
    "convolutions, flatten": (
        "(9, 8, 3)",
        "layers.DepthwiseConv2D(3), layers.Conv2DTranspose(2, 3), "
        "layers.Conv2D(4, 3, activation='relu'), layers.Flatten(), layers.Dense(3, name='d')",
        "nn.Conv2d(3, 3, 3, groups=3), nn.ConvTranspose2d(3, 2, 3), "
        "nn.Conv2d(2, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(168, 3)",
        "FLATTEN = {'d': (7, 6, 4)}",
    ),
    "conv1d, gru": (
        "(9, 2)",
        "layers.Conv1D(4, 3), layers.GRU(5), layers.Dense(3)",
        "nn.Conv1d(2, 4, 3), Swap(), nn.GRU(4, 5, batch_first=True), Last(), nn.Linear(5, 3)",
        "",
    ),
    "normalisation, dropout": (
        "(6,)",
        "layers.Dense(5), layers.BatchNormalization(), layers.Dense(5), "
        "layers.LayerNormalization(), layers.Dropout(0.5), layers.Dense(3)",
        f"nn.Linear(6, 5), nn.BatchNorm1d(5, {BATCH_NORM}), nn.Linear(5, 5), "
        "nn.LayerNorm(5, eps=1e-3), nn.Dropout(0.5), nn.Linear(5, 3)",
        "",
    ),
    "embedding, lstm": (
        "(7,)",
        "layers.Embedding(20, 4), layers.LSTM(5), layers.Dense(3)",
        "nn.Embedding(20, 4), nn.LSTM(4, 5, batch_first=True), Last(), nn.Linear(5, 3)",
        "TOKENS = 20",
    ),
    "softmax against logits": (
        "(6,)",
        "layers.Dense(3, activation='softmax')",
        "nn.Linear(6, 3)",
        "LOSS_ON = {'keras': 'probabilities', 'torch': 'logits'}",
    ),
}
WRONG = {
    "epsilon": (
        "(6,)",
        "layers.Dense(5), layers.BatchNormalization(), layers.Dense(3)",
        "nn.Linear(6, 5), nn.BatchNorm1d(5, momentum=0.01), nn.Linear(5, 3)",
        "activations",
        "batch_norm_1 out",
    ),
    "momentum": (
        "(6,)",
        "layers.Dense(5), layers.BatchNormalization(), layers.Dense(3)",
        "nn.Linear(6, 5), nn.BatchNorm1d(5, eps=1e-3), nn.Linear(5, 3)",
        "step 1",
        "batch_norm_1/moving_mean",
    ),
    "gelu": (
        "(6,)",
        "layers.Dense(5, activation='gelu'), layers.Dense(3)",
        "nn.Linear(6, 5), nn.GELU(approximate='tanh'), nn.Linear(5, 3)",
        "activations",
        "dense_2 in",
    ),
    "padding with a stride": (
        "(8, 8, 2)",
        "layers.Conv2D(4, 3, strides=2, padding='same'), layers.GlobalMaxPooling2D(), "
        "layers.Dense(3)",
        "nn.Conv2d(2, 4, 3, stride=2, padding=1), nn.AdaptiveMaxPool2d(1), nn.Flatten(), "
        "nn.Linear(4, 3)",
        "activations",
        "conv2d_1 out",
    ),
}

pytestmark = pytest.mark.skipif(
    any(frameworks()[name].missing for name in NAMES), reason="twins need both frameworks"
)


@pytest.fixture(scope="module")
def children():
    with Child(NAMES[0], threads=1) as one, Child(NAMES[1], threads=1) as other:
        yield dict(zip(NAMES, (one, other), strict=True))


def write(path, shape, one, other, more=""):
    """The path of a file with two models."""
    path.write_text(FILE.format(shape=shape, more=more, one=one, other=other))
    return path


def climbed(children, path, *models) -> TwinParity:
    """The file of two models on the ladder, in the processes that are there already."""
    twins = read_twins(write(path, *models))
    layers = {
        name: child.call("benchmarks.harness.pairing:layers_of", twins, name)[0]
        for name, child in children.items()
    }
    ladder = ladder_of(twins.paired(layers, NAMES))
    traces, turned = {}, {}
    for name, child in children.items():
        traces[name], _ = child.call("benchmarks.harness.ladder:climb_here", ladder, name, "cpu")
        turned[name] = child.call("benchmarks.twins.ladder:climb_turned", ladder, name, "cpu")
    leading = traces[NAMES[0]]
    return TwinParity(ladder, "", leading, leading, traces, turned)


@pytest.mark.parametrize("kind", RIGHT)
def test_a_kind_of_layer_agrees(children, tmp_path, kind):
    parity = climbed(children, tmp_path / "right.py", *RIGHT[kind])
    assert parity.breach() is None, parity.verdict()
    (differences,) = parity.pairs.values()
    early = [d for d in differences if d.rung in ("activations", "scores", "loss", "gradients")]
    assert {d.rung for d in early} == {"activations", "scores", "loss", "gradients"}
    # a bias before a normalisation has a gradient of rounding alone: 1.4e-5 on some processors
    assert max(d.error for d in early) <= 5e-5, max(early, key=lambda d: d.error)


@pytest.mark.parametrize("bug", WRONG)
def test_a_bug_is_found_at_its_rung_and_layer(children, tmp_path, bug):
    *models, rung, tensor = WRONG[bug]
    (_, found) = climbed(children, tmp_path / "wrong.py", *models).breach()
    assert (found.rung, found.tensor) == (rung, tensor)


MIXED = (
    "(7, 4)",
    "layers.GRU(5), layers.Lambda(lambda x: x + keras.ops.roll(x, 1, axis=0)), layers.Dense(3)",
    "nn.GRU(4, 5, batch_first=True), Last(), Mix(), nn.Linear(5, 3)",
)
PORTED = ("(7, 4)", "layers.GRU(5), layers.Dense(3)", "nn.GRU(4, 5), Last(), nn.Linear(5, 3)")


@pytest.mark.parametrize(
    ("models", "who", "rung"), [(MIXED, NAMES, "scores"), (PORTED, ("torch",), "activations")]
)
def test_what_depends_on_the_order_of_rows_is_said_and_is_no_rounding(
    children, tmp_path, models, who, rung
):
    """In both alike, so that they agree; and in the one that takes the rows for time."""
    parity = climbed(children, tmp_path / "mixed.py", *models)
    pair, found = parity.breach()
    assert found.rung == rung and not parity.raised
    for name in NAMES:
        assert ((name, TURNED) in parity.pairs) == (name in who)
        said = f"{label_of(name)} depends on the order of rows" in parity.verdict()
        assert said == (name in who)
    assert pair == ((NAMES[0], TURNED) if who == NAMES else NAMES)


def test_a_layer_for_which_the_other_has_no_place_is_refused(children, tmp_path):
    models = ("(7, 4)", "layers.LSTM(5)", "nn.LSTM(4, 5, num_layers=2), Last()")
    path = write(tmp_path / "deep.py", *models)
    with pytest.raises(ValueError, match=r"LSTM has .*weight_hh_l1.*one layer for each"):
        children["torch"].call("benchmarks.harness.pairing:layers_of", read_twins(path), "torch")


@pytest.mark.parametrize(
    ("name", "status"), [pytest.param("conv_twins", 0, marks=pytest.mark.long), ("buggy_twins", 1)]
)
def test_the_examples_through_the_command(tmp_path, capsys, name, status):
    file = str(EXAMPLES / f"{name}.py")
    options = ["--results", str(tmp_path), "--data", "embedded", "--json"]
    assert main.main(["parity", "--twins", file, *options]) == status
    (result,) = json.loads(capsys.readouterr().out)
    assert result["problem"] == f"twins:{name}"
    if status:
        assert result["first_breach"]["tensor"] == "dense_1 in"
        assert "the same values in another order" in result["verdict"]


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
