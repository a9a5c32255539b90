"""What pytest is answered where a framework is missing, and of goldens that are old."""

from __future__ import annotations

import json

import pytest

from benchmarks.parity import pytest_judge
from benchmarks.twins.golden import golden_path
from benchmarks.twins.judge import judge
from tests.twins.goldens.models import against, children
from tests.twins.numpy_model import FILE

QUESTION = {"frameworks": [], "seed": 0, "weights": "", "bounds": [], "update": False}


@pytest.fixture
def answer(monkeypatch):
    """The answer on a machine that lacks some frameworks."""

    def answer(path, absent=(), **more):
        def find(name):
            return None if name in absent else object()

        monkeypatch.setattr("common.framework.find_spec", find)
        return pytest_judge.answer({**QUESTION, "path": str(path), **more})

    return answer


def test_a_machine_without_a_framework_and_a_golden_skips_and_says_why(file, answer):
    both = answer(file, absent=("keras", "torch"))
    assert both["verdict"] == "skipped"
    assert "keras is not installed" in both["sentence"] and "torch is" in both["sentence"]
    one = answer(file, absent=("keras",))
    assert one["verdict"] == "skipped"
    assert "keras is not installed" in one["sentence"] and "--twins-update" in one["sentence"]
    alone = answer(file, frameworks=["torch"])
    assert alone == {
        "verdict": "skipped",
        "sentence": "pair_twins.py has no golden of keras: --twins-update writes one",
    }
    assert answer(file, absent=("keras",), update=True)["verdict"] == "skipped"


def test_a_golden_of_another_question_is_no_answer(written, answer):
    for more in ({"seed": 1}, {"weights": "own"}):
        said = answer(written, absent=("keras",), **more)
        assert said["verdict"] == "skipped" and "was written with torch, seed 0" in said["sentence"]


def test_a_golden_answers_where_its_framework_is_missing(written, answer, monkeypatch):
    def judged(path, framework, bounds):
        return against(path, framework, bounds=bounds)

    monkeypatch.setattr(pytest_judge, "judge_against", judged)
    said = answer(written, absent=("keras",))
    assert said["verdict"] == "right" and json.dumps(said)
    assert "pair_twins.keras.golden stands for keras" in said["goldens"][0]
    assert said["rungs"][0].keys() >= {"rung", "tensor", "error", "bound", "broken", "excused"}


def test_both_models_write_goldens_that_are_right_and_say_when_they_are_old(
    file, answer, monkeypatch
):
    fault = ""

    def judged(path, names, **more):
        return judge(path, names, children=children(fault), **more)

    monkeypatch.setattr(pytest_judge, "judge", judged)
    assert answer(file)["goldens"] == []
    said = answer(file, update=True)["goldens"]
    assert [line.rpartition("/")[2] for line in said] == [
        "pair_twins.keras.golden written",
        "pair_twins.torch.golden written",
    ]
    assert answer(file)["goldens"] == []
    file.write_text(FILE.replace("WIDTH = 5", "WIDTH = 6"))
    assert all("pair_twins.py changed since" in line for line in answer(file)["goldens"])
    before, fault = golden_path(file, "keras").read_bytes(), "bias"
    said = answer(file, update=True)
    assert said["verdict"] == "wrong" and "no golden written" in said["goldens"][0]
    assert golden_path(file, "keras").read_bytes() == before


@pytest.mark.parametrize(
    ("text", "names", "words"),
    [
        ("def keras_model(): pass", [], "INPUT is 'missing'"),
        ("INPUT = (4,)\ndef keras_model(): pass", [], "has keras_model"),
        ("INPUT = (4,)", [], "has no model"),
        ("1 / 0", [], "ZeroDivisionError: division by zero"),
        ("INPUT = (", [], "cannot be read as a Python module"),
        (FILE, ["theano"], "no framework theano"),
        (FILE, ["keras", "torch", "jax"], "two models are judged"),
    ],
)
def test_a_file_that_cannot_be_judged_is_refused_in_a_sentence(file, answer, text, names, words):
    file.write_text(text)
    said = answer(file, frameworks=names)
    assert said["verdict"] == "refused" and words in said["sentence"]
