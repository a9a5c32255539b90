"""The parts of a report: which there are, and what their tables and figures show."""

from __future__ import annotations

import pytest

from benchmarks.records.arm import Arm
from benchmarks.report.contents import contents
from benchmarks.show.colours import colour_of
from benchmarks.show.figures import spec
from benchmarks.show.html import text
from benchmarks.show.html.page import figures_of
from tests.charts import rows_in, scale_of
from tests.report.samples import everything, named, needs_report, run, runs, tables, walked
from tests.sample_records import but
from tests.show.samples import GENERATED

BY_EPOCH = ("learning", "times", "memory", "stages")
PARTS = {
    "run": [
        "answer",
        "verdicts",
        "comparison",
        "failures",
        "learning",
        "times",
        "memory",
        "stages",
    ],
    "crossval": ["folds"],
    "parity": ["parity", "twins"],
    "explain": ["explain"],
    "explain_walk": ["explain", "explain-twins"],
    "ablation": ["steps"],
    "limit": ["limit"],
    "scale": ["scale"],
    "race": ["race"],
    "compilation": ["compilation"],
}
WITH = {"explain_walk": ["explain"]}  # of which records another kind makes nothing alone


@pytest.mark.parametrize("kind", PARTS)
def test_each_kind_of_record_has_its_parts_and_no_others(kind):
    kinds = {name: everything()[name] for name in (kind, *WITH.get(kind, []))}
    assert sorted(named(kinds)) == sorted([*PARTS[kind], "environment"])


def test_all_parts_come_in_one_order_and_the_answer_first():
    names = named(everything())
    assert names[:3] == ["answer", "verdicts", "comparison"] and names[-1] == "environment"
    assert set(names) == {"environment"}.union(*PARTS.values())
    assert named({}) == []


def test_the_sentences_are_those_of_the_verdicts_and_their_tables_do_not_repeat_them():
    from benchmarks.show.wording import sentence
    from benchmarks.statistics.verdict import comparisons

    _, part, *_ = contents({"run": runs()})
    sentences = [sentence(pair) for pair in comparisons(runs())]
    assert [said.sentence for said in part.said] == sentences and len(sentences) == 4
    assert not any(note in sentences for table in part.sections for note in table.notes)


def test_regimes_never_share_a_table():
    sections = tables({"run": runs()}, "comparison")
    titles = [table.title for table in sections]
    assert titles == ["Results, regime native", "Results, regime matched"]
    assert [len(table.rows) for table in sections] == [4, 4]
    for name in ("times", "memory", "stages"):
        titles = [table.title for table in tables({"run": runs()}, name)]
        assert [title.rpartition(" ")[2] for title in titles] == ["native", "matched"]


def test_the_tables_behind_the_charts_hold_the_numbers():
    kinds = everything()
    (times, _) = tables(kinds, "times")
    assert times.rows[0] == ["mnist", "alpha", "3", "9", "200", "200", "250", "300", "300"]
    (memory, _) = tables(kinds, "memory")
    assert memory.rows[0] == ["mnist", "alpha", "700", "300", "3"]
    (stages, _) = tables(kinds, "stages")
    assert stages.rows[0] == ["mnist, alpha", "2.50", "0.500", "3.25", "6.25"]
    first = tables(kinds, "learning")[0]
    assert [row[:2] for row in first.rows[3:5]] == [["alpha", "4"], ["beta", "1"]]
    column = first.headings.index("training loss")
    # losses of epoch 2 are 2 + 0.01 seed
    assert first.rows[1][column] == "2.01 [2, 2.02]"
    assert first.rows[3][first.headings.index("test loss")] == "0.1"


@needs_report
def test_every_mark_of_whole_runs_says_to_the_filters_what_it_is_of():
    facts = {"regime", "problem", "framework", "device"}
    marks = 0
    for name in ("verdicts", *BY_EPOCH):
        for section in tables({"run": runs()}, name):
            for row in rows_in(spec(section.draw())) if section.draw else ():
                keys = [row[key] for key in ("name", "row", "bar") if key in row]
                known = [section.arms.get(key, {}) for key in ("", *keys)]
                known += [{"problem": row["problem"]}] if "problem" in row else []
                assert not keys or facts <= set().union(*known), row
                marks += bool(keys)
    assert marks > 100
    matched = tables({"run": runs()}, "times")[1]
    assert matched.arms["beta"]["regime"] == "matched" and matched.arms["beta"]["device"] == "cpu"


def test_curves_have_the_seconds_of_the_epochs_that_the_machine_had_for_them_alone():
    first = tables(
        {"run": [*runs(), run(seed=9, timed=False, epoch_seconds=[9.0] * 4)]}, "learning"
    )
    section = next(
        s for s in first if "mnist" in s.arms["alpha"]["problem"] and "matched" in s.title
    )
    assert section.arms["alpha"]["seconds"] == [0.9, 1.15, 1.35, 1.65]  # TIMES, one upon another
    assert section.headings[-1] == "seconds"
    assert [row[-1] for row in section.rows if row[0] == "alpha"] == ["0.9", "1.15", "1.35", "1.65"]
    (untimed, *_) = tables({"run": runs(timed=False)}, "learning")
    assert untimed.arms["alpha"]["seconds"] == []
    assert "seconds" not in untimed.headings


def test_clocks_of_runs_that_were_not_alone_are_no_epoch_time():
    shared = runs(trained_together=4)
    assert not {"times", "stages", "memory"} & set(named({"run": shared}))
    assert "times" not in named({"run": runs(timed=False)})
    assert "memory" in named({"run": runs(timed=False)})


def test_what_records_lack_is_left_out_of_charts_and_tables():
    one = [run(framework=name) for name in ("alpha", "beta")]
    assert [t for t in tables({"run": one}, "verdicts") if "margin" in t.title] == []
    short = runs(epoch_seconds=[0.5], peak_rss_bytes=None)
    assert not {"times", "memory"} & set(named({"run": short}))
    unsaid = {"history": {"loss": [1.0]}, "metrics": {}}
    assert "learning" in named({"run": [*runs(), run(seed=8, **unsaid)]})
    lost = walked()
    goal = Arm.bare(lost[-1])
    lost = [but(run, metrics={}) if Arm.bare(run) == goal else run for run in lost]
    some, every = (
        rows_in(figures_of(contents({"explain": of}))["explain-1"]) for of in (lost, walked())
    )
    assert 0 < len(some) < len(every)


@needs_report
def test_every_chart_draws_its_arms_in_their_colours():
    figures = figures_of(contents(everything()))
    colours = {name: colour_of(name) for name in ("alpha", "beta")}
    assert {key.partition("-")[0] for key in figures} >= {"learning", "times", "memory", "parity"}
    for name in ("learning-1", "times-1", "memory-1"):
        assert scale_of(figures[name], "color") == colours


def test_markdown_and_terminal_have_every_sentence_and_table_but_the_long_ones():
    parts = contents(everything())
    written, printed = text.markdown(parts), text.plain(parts)
    for part in parts:
        assert f"## {part.title}" in written and part.title in printed
        for table in part.sections:
            assert (f"**{table.title}**" in written) is not table.long
        for said in part.said:
            assert said.sentence in written and said.sentence in printed
            assert all(note in written and note in printed for note in said.notes)
    assert "| mnist | alpha | cpu | 0.9710" in written
    generated = {"run": runs(data=GENERATED)}
    assert text.markdown(contents(generated)).count("NOT THE REAL DATA FILES") > 1
