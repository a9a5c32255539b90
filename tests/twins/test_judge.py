"""Two models judged: each kind of layer right, what people get wrong at its place, refusals."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from benchmarks.cli import main
from benchmarks.harness.process import Child
from benchmarks.twins.judge import THREADS, judge
from benchmarks.twins.judgement import Judgement
from common.framework import frameworks
from tests.command import ROOT

EXAMPLES = ROOT / "docs" / "examples"
NAMES = ("keras", "torch")

FILE = """\
{head}
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
CLASSES = 'LOSS = "categorical_crossentropy"'
NORM = "eps=1e-3, momentum=0.01"
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
        f"nn.Linear(6, 5), nn.BatchNorm1d(5, {NORM}), nn.Linear(5, 5), "
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
        "",
    ),
    "a pad beside the layer": (
        "(8, 8, 2)",
        "layers.Conv2D(4, 3, strides=2, padding='same'), layers.GlobalMaxPooling2D(), "
        "layers.Dense(3)",
        "nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(2, 4, 3, stride=2), nn.AdaptiveMaxPool2d(1), "
        "nn.Flatten(), nn.Linear(4, 3)",
        "",
    ),
}
WRONG = {
    "epsilon": (
        "(6,)",
        "layers.Dense(5), layers.BatchNormalization(name='norm'), layers.Dense(3)",
        "nn.Linear(6, 5), nn.BatchNorm1d(5, momentum=0.01), nn.Linear(5, 3)",
        "",
        "norm",
        "epsilon is 0.001 in keras and 1e-05 in torch",
    ),
    "momentum": (
        "(6,)",
        "layers.Dense(5), layers.BatchNormalization(name='norm'), layers.Dense(3)",
        "nn.Linear(6, 5), nn.BatchNorm1d(5, eps=1e-3), nn.Linear(5, 3)",
        "",
        "norm",
        "running statistics",
    ),
    "gelu": (
        "(6,)",
        "layers.Dense(5, activation='gelu', name='one'), layers.Dense(3, name='two')",
        "nn.Linear(6, 5), nn.GELU(approximate='tanh'), nn.Linear(5, 3)",
        "",
        "GELU",
        "between one ~ 0 and two ~ 2",
    ),
    "padding with a stride": (
        "(8, 8, 2)",
        "layers.Conv2D(4, 3, strides=2, padding='same', name='conv'), "
        "layers.GlobalMaxPooling2D(), layers.Dense(3)",
        "nn.Conv2d(2, 4, 3, stride=2, padding=1), nn.AdaptiveMaxPool2d(1), nn.Flatten(), "
        "nn.Linear(4, 3)",
        "",
        "conv",
        "what goes in agrees, what comes out does not",
    ),
    "a clip that small rows never reach": (
        "(6,)",
        "layers.Dense(5), layers.ReLU(6.0, name='clip'), layers.Dense(3)",
        "nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 3)",
        "",
        "clip",
        "outputs x30",
    ),
    "rows taken for time": (
        "(7, 4)",
        "layers.GRU(5, name='memory'), layers.Dense(3)",
        "nn.GRU(4, 5), Last(), nn.Linear(5, 3)",
        "",
        "memory",
        "rows of torch",
    ),
    "dropout": (
        "(6,)",
        "layers.Dense(5), layers.Dropout(0.1), layers.Dense(3)",
        "nn.Linear(6, 5), nn.Dropout(0.5), nn.Linear(5, 3)",
        "",
        "dropout",
        "0.1 in dropout; torch has 0.5",
    ),
    "a softmax too many": (
        "(6,)",
        "layers.Dense(3)",
        "nn.Linear(6, 3), nn.Softmax(1)",
        "LOSS_ON = 'logits'",
        "outputs",
        "LOSS_ON says logits for torch",
    ),
    "a regulariser on one side": (
        "(6,)",
        "layers.Dense(3, kernel_regularizer='l2', name='d')",
        "nn.Linear(6, 3)",
        "",
        "loss",
        "a regulariser on one side",
    ),
}

CAUSES = {
    "epsilon": "epsilon",
    "gelu": "gelu_form",
    "padding with a stride": "padding_side",
    "a clip that small rows never reach": "clip",
    "rows taken for time": "batch_first",
    "a softmax too many": "logits_for_probabilities",
}
"""Of what is wrong, what a third witness proves."""

pytestmark = pytest.mark.skipif(
    any(frameworks()[name].missing for name in NAMES), reason="twins need both frameworks"
)


@pytest.fixture(scope="module")
def children():
    with Child(NAMES[0], threads=THREADS) as one, Child(NAMES[1], threads=THREADS) as other:
        yield dict(zip(NAMES, (one, other), strict=True))


def judged(children, path, shape, one, other, more="", head=CLASSES, **options) -> Judgement:
    path.write_text(FILE.format(head=head, shape=shape, more=more, one=one, other=other))
    return judge(path, NAMES, children=children, **options)


@pytest.mark.parametrize("kind", RIGHT)
def test_a_right_port_is_right(children, tmp_path, kind):
    judgement = judged(children, tmp_path / "right.py", *RIGHT[kind])
    assert judgement.verdict == "right", judgement.sentence
    rungs = {rung.rung.partition(" x")[0] for rung in judgement.rungs}
    assert {"outputs", "loss", "gradients", "step 1", "step 3"} == rungs
    assert max(rung.error for rung in judgement.rungs) < 1e-9  # float64 has room to spare


@pytest.mark.parametrize("bug", WRONG)
def test_a_bug_is_found_at_its_place(children, tmp_path, bug):
    *models, place, words = WRONG[bug]
    judgement = judged(children, tmp_path / "wrong.py", *models)
    assert judgement.verdict == "wrong"
    assert any(place in name for name in judgement.places), judgement.places
    assert words in " ".join([judgement.sentence, *judgement.places])
    proved = [cause.entry for cause in judgement.causes if cause.proved]
    assert proved == [CAUSES[bug]] if bug in CAUSES else set(proved) <= {"momentum", "regulariser"}


def test_all_wrong_layers_are_named_in_one_run(children, tmp_path):
    keras = "layers.Dense(5), layers.LayerNormalization(name='a'), layers.Dense(5), "
    keras += "layers.LayerNormalization(name='b'), layers.Dense(3, name='c')"
    torch = "nn.Linear(6, 5), nn.LayerNorm(5), nn.Linear(5, 5), nn.LayerNorm(5), nn.Linear(5, 3)"
    judgement = judged(children, tmp_path / "two.py", "(6,)", keras, torch)
    assert {"a", "b"} <= set(judgement.places) and "c" not in judgement.places
    assert [(c.entry, c.proved) for c in judgement.causes] == [("epsilon", True)] * 2


def test_a_model_that_draws_is_said_to_draw(children, tmp_path):
    models = "layers.Dense(3)", "nn.Linear(6, 3), nn.Dropout(0.5)"
    more = "import os"
    judgement = judged(children, tmp_path / "noise.py", "(6,)", *models, more)
    assert judgement.verdict == "wrong"  # a dropout that evaluation leaves out is a setting
    drawing = "nn.Linear(6, 3), type('N', (nn.Module,), {'forward': lambda s, x: x + "
    drawing += "torch.randn_like(x)})()"
    judgement = judged(children, tmp_path / "noise.py", "(6,)", models[0], drawing)
    assert judgement.verdict == "random"
    assert "torch's model draws random numbers in evaluation" in judgement.sentence


def test_what_a_model_raises_is_said_in_its_words(children, tmp_path):
    judgement = judged(children, tmp_path / "x.py", "(6,)", "layers.Dense(3)", "nn.Linear(7, 3)")
    assert judgement.verdict == "refused"
    assert "torch_model" in judgement.sentence and "6" in judgement.sentence
    words = "layers.Embedding(20, 4), layers.Flatten(), layers.Dense(3)"
    others = "nn.Embedding(20, 4), nn.Flatten(), nn.Linear(28, 3)"
    judgement = judged(children, tmp_path / "t.py", "(7,)", words, others)
    assert judgement.verdict == "refused" and "say TOKENS = 20" in judgement.sentence


def test_two_rows_that_are_mixed_in_both_are_a_note(children, tmp_path):
    models = (
        "layers.Dense(4), layers.Lambda(lambda x: x + keras.ops.roll(x, 1, axis=0))",
        "nn.Linear(6, 4), Mix()",
    )
    judgement = judged(children, tmp_path / "mixed.py", "(6,)", *models)
    assert judgement.verdict == "right"
    assert any("depends on the other rows" in note for note in judgement.notes)


@pytest.mark.parametrize(
    ("last", "kept"), [("nn.Linear(12, 1)", True), ("nn.Linear(12, 1), nn.ReLU()", False)]
)
def test_words_show_a_sigmoid_by_the_other_model_alone(children, tmp_path, last, kept):
    """Random words have no scale, and small logits may all lie between 0 and 1."""
    head, more = 'LOSS = "binary_crossentropy"', "TOKENS = 9"
    words = "layers.Embedding(9, 3), layers.Flatten(), layers.Dense(1, activation='sigmoid')"
    others = f"nn.Embedding(9, 3), nn.Flatten(), {last}"
    judgement = judged(children, tmp_path / "words.py", "(4,)", words, others, more, head)
    assert judgement.verdict == ("right" if kept else "wrong"), judgement.sentence
    assert kept == any("keras's outputs are probabilities" in note for note in judgement.notes)
    plain = words.replace(", activation='sigmoid'", "")
    judgement = judged(children, tmp_path / "plain.py", "(4,)", plain, others, more, head)
    assert not any("probabilities" in note for note in judgement.notes)


def test_a_limit_that_rows_of_no_scale_reach_is_a_note_of_a_right_port(children, tmp_path):
    keras = "layers.Dense(4), layers.ReLU(6.0), layers.ReLU(1e4, name='high'), layers.Dense(3)"
    torch = "nn.Linear(6, 4), nn.ReLU6(), nn.ReLU(), nn.Linear(4, 3)"
    judgement = judged(children, tmp_path / "high.py", "(6,)", keras, torch)
    assert judgement.verdict == "right", judgement.sentence
    said = "not reached: no value is above the limit 10000 of high (keras)"
    assert [note for note in judgement.notes if "not reached" in note] == [said]


def test_without_a_loss_a_projection_of_the_outputs_is_compared(children, tmp_path):
    models = "layers.Dense(4, activation='tanh')", "nn.Linear(6, 4), nn.Tanh()"
    judgement = judged(children, tmp_path / "bare.py", "(6,)", *models, head="")
    assert judgement.verdict == "right", judgement.sentence
    assert any(rung.rung == "gradients" for rung in judgement.rungs)


def test_weights_that_a_model_brings_are_carried(children, tmp_path):
    ramp = "layers.Dense(3, kernel_initializer=lambda shape, dtype: keras.ops.cast(RAMP, dtype))"
    more = "import numpy as np\nRAMP = np.linspace(-1, 1, 18).reshape(6, 3)"
    text = FILE.format(head=CLASSES, shape="(6,)", more=more, one=ramp, other="nn.Linear(6, 3)")
    (tmp_path / "mine.py").write_text(text)
    judgement = judge(tmp_path / "mine.py", NAMES, children=children)
    assert (judgement.verdict, judgement.weights) == ("right", "carried from keras")
    both = text.replace("    return nn", "    torch.manual_seed(1)\n    return nn")
    (tmp_path / "both.py").write_text(both)
    judgement = judge(tmp_path / "both.py", NAMES, children=children, weights="own")
    assert judgement.verdict == "wrong" and "weights" in judgement.places
    judgement = judge(tmp_path / "both.py", NAMES, children=children)
    assert judgement.verdict == "right"
    assert any("brought too are not used" in note for note in judgement.notes)


def test_a_users_own_packages_are_theirs(children, tmp_path):
    package = tmp_path / "common"
    package.mkdir()
    (package / "__init__.py").write_text("WIDTH = 3\n")
    judgement = judged(
        children,
        tmp_path / "mine.py",
        "(6,)",
        "layers.Dense(WIDTH)",
        "nn.Linear(6, WIDTH)",
        "from common import WIDTH",
    )
    assert judgement.verdict == "right", judgement.sentence


STEPS = {  # what differs -> the rung that it breaks first
    "outputs": ("layers.Dense(3, activation='tanh')", "nn.Linear(6, 3)", ""),
    "loss": (
        "layers.Dense(3)",
        "nn.Linear(6, 3)",
        "def mean(y, p):\n    import keras\n    return keras.ops.mean((y - p) ** 2)\n"
        "def total(p, y):\n    return ((y - p) ** 2).sum()\nLOSS = {'keras': mean, 'torch': total}",
    ),
    "gradients": (
        "layers.Dense(4), layers.Dense(3)",
        "nn.Linear(6, 4), type('D', (nn.Module,), {'forward': lambda s, x: x.detach()})(), "
        "nn.Linear(4, 3)",
        "",
    ),
    "step 1": (
        "layers.Dense(3)",
        "nn.Linear(6, 3)",
        "def keras_sgd():\n    import keras\n    return keras.optimizers.SGD(0.1)\n"
        "def torch_sgd(w):\n    import torch\n    return torch.optim.SGD(w, 0.2)\n"
        "OPTIMIZER = (keras_sgd, torch_sgd)",
    ),
    "step 3": (
        "layers.Dense(3)",
        "nn.Linear(6, 3)",
        "def keras_sgd():\n    import keras\n    return keras.optimizers.SGD(0.1)\n"
        "def torch_sgd(w):\n    import torch\n    return torch.optim.SGD(w, 0.1, momentum=0.5)\n"
        "OPTIMIZER = (keras_sgd, torch_sgd)",
    ),
}


STEP_CAUSES = {  # of each of them, as the catalogue calls it
    "loss": "loss_reduction",
    "gradients": "detached",
    "step 1": "learning_rate",
    "step 3": "optimizer_constants",
}


@pytest.mark.parametrize("rung", STEPS)
def test_a_fault_breaks_its_own_rung_and_none_before_and_has_its_cause(children, tmp_path, rung):
    judgement = judged(children, tmp_path / "fault.py", "(6,)", *STEPS[rung], head="")
    assert judgement.verdict == "wrong"
    assert next(r.rung for r in judgement.rungs if r.broken) == rung
    if rung in STEP_CAUSES:
        assert [(c.entry, c.proved) for c in judgement.causes] == [(STEP_CAUSES[rung], True)]


def test_a_users_weights_are_carried_into_a_file_that_proves_them(children, tmp_path, capsys):
    kernel = "layers.Dense(4, activation='tanh'), layers.Dense(3)"
    port = "nn.Linear(6, 4), nn.Tanh(), nn.Linear(4, 3)"
    path, out = tmp_path / "mine.py", tmp_path / "port.pt"
    path.write_text(FILE.format(head=CLASSES, shape="(6,)", more="", one=kernel, other=port))
    trained = tmp_path / "trained.weights.h5"
    children["keras"].call("tests.twins.calls:save_keras", str(path), str(trained))
    assert main.main(["convert", "--twins", str(path), str(trained), str(out)]) == 0
    assert "port.pt: written" in capsys.readouterr().out
    outputs = [
        children["keras"].call("tests.twins.calls:outputs", "keras", str(path), str(trained)),
        children["torch"].call("tests.twins.calls:outputs", "torch", str(path), str(out)),
    ]
    assert abs(outputs[0] - outputs[1]).max() < 1e-6
    path.write_text(path.read_text().replace("nn.Tanh()", "nn.ReLU()"))
    out.unlink()
    assert main.main(["convert", "--twins", str(path), str(trained), str(out), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["results"]["written"] is False and not out.exists()
    assert found["verdicts"][0]["verdict"] == "wrong"
    assert main.main(["convert", "--twins", str(path), str(trained), "x.keras"]) == 2


@pytest.mark.parametrize(("name", "status"), [("conv_twins", 0), ("buggy_twins", 1)])
def test_the_examples_through_the_command(tmp_path, capsys, name, status):
    file = str(EXAMPLES / f"{name}.py")
    options = ["--results", str(tmp_path), "--data", "embedded", "--framework", "keras,torch"]
    assert main.main(["parity", "--twins", file, *options, "--json"]) == status
    (result,) = json.loads(capsys.readouterr().out)["results"]
    assert result["problem"] == f"twins:{name}"
    assert result["judged"] == ("wrong" if status else "right")
    assert result["notice"].startswith("mnist: ") and result["notice"] in result["notes"]
    if status:
        assert "in another order" in result["verdict"] and "classes" in result["places"]
    assert len(list(tmp_path.rglob("*.json"))) == 1


@pytest.mark.parametrize("name", ["cifar", "imdb", "boston"])
def test_data_that_are_not_there_or_do_not_fit_are_refused(tmp_path, capsys, name):
    path = tmp_path / "rows.py"
    path.write_text(f"INPUT = (3,)\nDATA = {name!r}\ndef keras_model(): pass\n")
    assert main.main(["parity", "--twins", str(path)]) == 2
    assert f"DATA is {name!r}, expected one of mnist (784 values a row)" in capsys.readouterr().err


def test_packages_in_an_environment_beside_the_file_are_nobodys_own(tmp_path):
    """Their imports must not look beside the user's file first."""
    installed = tmp_path / ".venv" / "lib" / "site-packages"
    for folder in (tmp_path / "mine", installed / "others"):
        folder.mkdir(parents=True)
        (folder / "__init__.py").touch()
        (folder / "sub.py").write_text("import builtins\nOURS = __builtins__ is vars(builtins)\n")
    (tmp_path / "file.py").write_text(
        f"import sys\nsys.path.append({str(installed)!r})\n"
        "import mine.sub, others.sub\nOURS = mine.sub.OURS, others.sub.OURS\n"
    )
    code = "from common.twins.user_file import user_module as m; print(m(%r)[0].OURS)"
    command = [sys.executable, "-c", code % str(tmp_path / "file.py")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "(False, True)", done.stderr


def test_one_model_alone_is_refused_with_what_there_is(tmp_path, capsys):
    path = tmp_path / "alone.py"
    path.write_text("INPUT = (6,)\ndef keras_model(): pass\n")
    assert main.main(["parity", "--twins", str(path)]) == 2
    assert "has keras_model" in capsys.readouterr().err
