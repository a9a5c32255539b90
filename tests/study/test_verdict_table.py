"""The tables of verdicts."""

from __future__ import annotations

from benchmarks.show.section import markdown
from benchmarks.show.wording import sentence
from benchmarks.statistics.compared import Compared
from benchmarks.statistics.verdict import comparisons
from benchmarks.study.verdict_table import verdict_sections
from tests.sample_records import seeds


def test_sections_hold_a_regime_each_and_show_the_sentences():
    records = [
        r
        for regime in ("matched", "native")
        for f in ("alpha", "beta")
        for r in seeds([0.97, 0.972, 0.975, 0.978, 0.98], f, regime=regime)
    ]
    sections = verdict_sections(Compared.of(records))
    assert [s.title for s in sections] == [
        f"{what}, regime {regime}"
        for regime in ("native", "matched")
        for what in ("Test metric", "Time and memory", "Time to target")
    ]
    assert all(len(row) == len(s.headings) for s in sections for row in s.rows)
    for comparison in comparisons(records):
        assert any(sentence(comparison) in section.notes for section in sections)
    assert "equivalent, exploratory" in markdown(sections)
    assert verdict_sections(Compared.of(records[:5])) == []
