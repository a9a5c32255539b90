"""Two models judged: each kind of layer right, what people get wrong at its place."""

from __future__ import annotations

import pytest

from benchmarks.harness.process import Child
from benchmarks.twins.judge import THREADS
from tests.twins.pairs import NAMES, RIGHT, judged, needs_both

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

pytestmark = needs_both


@pytest.fixture(scope="module")
def children():
    with Child(NAMES[0], threads=THREADS) as one, Child(NAMES[1], threads=THREADS) as other:
        yield dict(zip(NAMES, (one, other), strict=True))


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
