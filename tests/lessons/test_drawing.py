"""The drawing of a network says each width, what follows each layer, and the weights between."""

from __future__ import annotations

import pytest

from common.problem import PROBLEMS


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("mnist", ["784", "512", "10", "relu", "softmax", "401,408\nweights"]),
        ("imdb", ["10,000", "16", "1", "sigmoid", "160,000\nweights", "256\nweights"]),
        ("boston", ["13", "64", "1", "no activation", "4,096\nweights"]),
    ],
)
def test_a_network_is_drawn_with_its_numbers(name, words, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")
    plt = pytest.importorskip("matplotlib.pyplot")
    from benchmarks.lessons.drawing import draw

    draw(PROBLEMS[name])
    (axes,) = plt.gcf().axes
    written = [text.get_text() for text in axes.texts]
    plt.close()
    assert set(words) <= set(written)
    assert len([text for text in written if "weights" in text]) == len(PROBLEMS[name].layers)
