"""Predictions beside the truth: their description, the printed page, and small real runs."""

from __future__ import annotations

import io
import json
from functools import partial

import numpy as np
import pytest
from rich.console import Console
from scipy import sparse

from benchmarks.rows.predict import TOPICS, describe_rows, draw_digit
from benchmarks.rows.predict_table import print_predictions
from common.data import Data
from common.framework import plain_frameworks
from common.problem import PROBLEMS

INSTALLED = plain_frameworks(installed=True)
needs_framework = pytest.mark.skipif(not INSTALLED, reason="no framework is installed")


def data_of(x, y, unscaled=None, source="folder") -> Data:
    real = source == "folder"
    notice = "" if real else "words drawn at random"
    return Data(x, y, x, y, source, "here", "sha256:0", real, notice, unscaled)


def page(problem, rows, **more) -> str:
    result = {
        "problem": problem,
        "regime": "matched",
        "seed": 0,
        "data": {"notice": ""},
        "metrics": {"alpha": {"loss": 0.5}},
        "rows": rows,
    } | more
    out = io.StringIO()
    print_predictions(result, Console(file=out, width=120))
    return out.getvalue()


def test_a_digit_is_drawn_two_pixels_a_character():
    pixels = np.zeros((28, 28), np.float32)
    pixels[0, 0] = pixels[1, 1] = pixels[26, 27] = pixels[27, 27] = 1
    lines = draw_digit(pixels.ravel()).split("\n")
    assert (len(lines), {len(line) for line in lines}) == (14, {28})
    assert lines[0] == "▀▄" + 26 * " "
    assert lines[13] == 27 * " " + "█"


def test_the_class_of_the_largest_probability_is_compared_with_the_truth():
    digits = data_of(np.zeros((2, 784), np.float32), np.array([7, 1]))
    good, bad = np.eye(10)[[7, 1]], np.eye(10)[[7, 4]] * 0.6
    rows = describe_rows(PROBLEMS["mnist"], digits, [0, 1], {"alpha": good, "beta": bad})
    assert [row["truth"] for row in rows] == [7, 1]
    assert [row["wrong"] for row in rows] == [[], ["beta"]]
    assert rows[1]["predictions"]["beta"] == {"prediction": 4, "probability": 0.6, "wrong": True}
    text = page("mnist", rows)
    assert "wrong: row 1 by beta" in text
    assert (text.count("right"), text.count("WRONG")) == (3, 1)


def test_one_sigmoid_output_is_the_probability_of_class_one(monkeypatch):
    monkeypatch.setattr("benchmarks.rows.predict.words", lambda *_: "a fine [red] film")
    reviews = data_of(sparse.csr_matrix((2, 10_000), dtype=np.float32), np.array([1, 1]))
    outputs = {"alpha": np.array([[0.75], [0.25]])}
    rows = describe_rows(PROBLEMS["imdb"], reviews, [0, 1], outputs)
    found = [row["predictions"]["alpha"] for row in rows]
    assert [f["prediction"] for f in found] == ["positive", "negative"]
    assert [f["probability"] for f in found] == [0.75, 0.75]
    assert [f["wrong"] for f in found] == [False, True]
    assert "a fine [red] film" in page("imdb", rows)


@pytest.mark.parametrize(("source", "truth"), [("folder", "3 earn"), ("generated", 3)])
def test_topics_have_names_in_real_newswires_alone(monkeypatch, source, truth):
    monkeypatch.setattr("benchmarks.rows.predict.words", lambda *_: "")
    wires = data_of(sparse.csr_matrix((1, 10_000)), np.array([3]), source=source)
    (row,) = describe_rows(PROBLEMS["reuters"], wires, [0], {"alpha": np.eye(46)[[3]]})
    assert row["truth"] == truth and row["wrong"] == []
    assert len(TOPICS) == PROBLEMS["reuters"].outputs


def test_a_price_has_an_error_and_its_features():
    unscaled = np.arange(26.0).reshape(2, 13)
    houses = data_of(np.zeros((2, 13), np.float32), np.float32([20, 30]), (unscaled, unscaled))
    (row,) = describe_rows(PROBLEMS["boston"], houses, [1], {"alpha": np.array([[27.5]])})
    assert row["predictions"]["alpha"] == {"prediction": 27.5, "error": -2.5}
    assert row["input"]["CRIM"] == 13 and row["input"]["LSTAT"] == 25
    text = page("boston", [row])
    assert "-2.50 (1,000 $)" in text and "wrong" not in text


def test_data_that_is_not_real_is_said():
    text = page("mnist", [], data={"notice": "words drawn at random"})
    assert "NOT THE REAL DATA FILES: words drawn at random" in text


@pytest.fixture
def predict(here):
    return partial(here, "predict", "--data", "embedded")


@needs_framework
def test_every_framework_predicts_the_same_rows(predict):
    words = ["boston", "--epochs", "2", "--rows", "3", "--first", "5", "--json"]
    run = predict(*words, "--framework", ",".join(INSTALLED))
    assert run.status == 0, run.err
    (result,) = json.loads(run.out)["results"]
    assert [row["row"] for row in result["rows"]] == [5, 6, 7]
    assert result["changed"] == {"epochs": 2}
    for row in result["rows"]:
        values = [row["predictions"][name]["prediction"] for name in INSTALLED]
        # matched: the same net, but for rounding
        np.testing.assert_allclose(values, values[0], rtol=1e-3)
        error = row["predictions"][INSTALLED[0]]["error"]
        assert error == pytest.approx(values[0] - row["truth"], abs=1e-3)


@needs_framework
def test_the_page_of_a_real_run(predict):
    run = predict("boston", "--epochs", "1", "--rows", "1", "--framework", INSTALLED[-1])
    assert run.status == 0, run.err
    assert "row 0, truth" in run.out and "LSTAT" in run.out
    assert f"{INSTALLED[-1]}: loss" in run.out


@needs_framework
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--rows", "0"], "a whole number of at least 1 was expected, got '0'"),
        (
            ["--first", "100", "--rows", "5"],
            "--rows 5: boston has the test rows 0 to 101",
        ),
        (["--seed", "-1"], "a whole number of at least 0 was expected, got '-1'"),
        (["--device", "cpu,auto"], "--device: one device was expected, got cpu, auto"),
    ],
)
def test_what_cannot_be_shown_is_one_clear_line(predict, words, message):
    run = predict("boston", *words)
    assert (run.status, run.out) == (2, "")
    assert message in run.err and "Traceback" not in run.err
