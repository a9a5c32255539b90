"""Figures in the language that is spoken, where a font has it."""

from __future__ import annotations

import pytest

from benchmarks.show import figures
from benchmarks.show.curves import figure, save_curves
from benchmarks.show.section import Section, with_figures
from common.language import speak
from tests.show.samples import needs_altair, record

pytestmark = needs_altair


@pytest.fixture
def runs():
    return [record("boston", "keras", seed=seed) for seed in range(2)]


@pytest.fixture(params=[True, False], ids=["a font", "no font"])
def chinese(request, monkeypatch):
    """Chinese is spoken; whether a font has it."""
    monkeypatch.setenv("LANGUAGE", "zh")
    monkeypatch.setattr(figures, "draws_chinese", lambda: request.param)
    speak()
    return request.param


def test_titles_and_legends_are_chinese_where_a_font_has_it(runs, chinese, tmp_path):
    _, svg = save_curves(runs, tmp_path)
    text = svg.read_text(encoding="utf-8")
    for words, english in (
        ("平均绝对误差", "mean absolute"),
        ("轮<", "epoch<"),
        ("个种子", "seeds"),
    ):
        assert (words in text, english in text) == (chinese, not chinese)
    assert ("Noto Sans CJK SC" in text) == chinese


def test_a_figure_beside_a_page_and_one_of_a_report_are_english(runs, chinese, tmp_path):
    (tmp_path / "page.md").touch()
    section = Section("", (), [], draw=lambda: figure("boston", runs))
    for stem, spoken in (("page", False), ("alone", chinese)):
        (made,) = with_figures([section], tmp_path / stem)
        assert ("轮<" in made.figures[1].read_text(encoding="utf-8")) == spoken
    chart = figures.spec(figure("boston", runs))
    assert "solid: training rows" in chart["title"]["subtitle"][0]


def test_whether_a_font_has_chinese_is_seen_and_not_asked_of_a_list():
    assert figures.draws_chinese() in (True, False)
