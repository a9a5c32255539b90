"""The table of whole runs: what a row is, and what it must not hide."""

from __future__ import annotations

import pytest

from benchmarks.show.run_table import FEW, rows_of, sections
from benchmarks.show.section import markdown
from benchmarks.show.wording import number
from benchmarks.statistics.compared import Compared
from common.framework import label_of
from tests.show.samples import FAILED, GENERATED, printed, record


def in_markdown(runs) -> str:
    return markdown(sections(Compared.of(runs)))


def test_a_row_shows_every_number_in_its_unit():
    line = next(x for x in printed([record()]).splitlines() if "alpha" in x)
    cells = "mnist alpha cpu 0.9700 0.1000 250 0.900 240,000 700 12.3 1 1"
    assert line.split() == cells.split()


def test_behind_a_row_stands_each_of_its_runs_the_failed_ones_last():
    runs = [record(seed=1, value=0.96), record(seed=0, **FAILED), record(seed=2, value=0.98)]
    (table,) = sections(Compared.of(runs))
    ((headings, *repetitions),) = table.runs
    assert [headings[0], *[row[0] for row in repetitions]] == ["seed", "1", "2", "0"]
    of = headings.index("test accuracy or MAE")
    assert [row[of] for row in repetitions] == ["0.9600", "0.9800", "-"]
    assert {len(row) for row in repetitions} == {len(headings)}


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "-"), (0.0123, "0.012"), (1, "1.00"), (12.34, "12.3"), (240_000, "240,000")],
)
def test_number(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("runs", "texts"),
    [
        (
            [record(seed=s, value=v) for s, v in enumerate((0.96, 0.97, 0.98))],
            [" 0.9700 ± 0.0100 (n=3) ", FEW],
        ),
        (
            [record(), record("imdb", data=GENERATED)],
            ["imdb !", "NOT THE REAL DATA FILES (generated): words drawn at random"],
        ),
        ([record(), record(settings={"changed": {"epochs": 1}})], ["changed: epochs = 1"]),
        (
            [record(), record(seed=1, **FAILED), record(framework="beta", **FAILED)],
            ["1 + 1 failed", "failed: ChildDied: killed by SIGKILL"],
        ),
        (
            [record(value=0.9), record(seed=1, metrics={"loss": None, "accuracy": None})],
            [" 0.9000 ", "1 of 2 runs ended without a number"],
        ),
        (
            [record(seed=s, warnings=[f"the load was {s}.5"]) for s in range(3)],
            ["warning: the load was 0.5 (and 2 more like it)"],
        ),
        ([record(), record(seed=1, versions={"numpy": "2.1"})], ["mixes machines or versions"]),
    ],
    ids=["seeds", "made up", "changed", "failed", "no number", "warned", "versions"],
)
def test_what_a_row_must_not_hide_is_said_once(runs, texts):
    whole = printed(runs)
    assert [text for text in texts if whole.count(text) != 1] == []
    assert "mnist !" not in whole


def test_five_processes_are_not_few():
    assert FEW not in in_markdown([record(seed=s) for s in range(5)])


@pytest.mark.parametrize(
    ("other", "rows"),
    [
        (record("imdb", seed=1, data=GENERATED), [(1, 0), (1, 0)]),
        (record("imdb", seed=1, settings={"changed": {"epochs": 1}}), [(1, 0), (1, 0)]),
        (record("imdb", seed=1, data=None, **FAILED), [(1, 1)]),  # before the data was there
    ],
)
def test_a_row_is_of_one_arm_and_its_data(other, rows):
    assert [(len(row.runs), len(row.failed)) for row in rows_of([record("imdb"), other])] == rows


def test_times_are_medians_over_processes():
    times = (0.1, 0.2, 7.0)
    (row,) = rows_of([record(seed=s, steady_epoch_seconds=t) for s, t in enumerate(times)])
    assert row.middle("steady_epoch_seconds") == "0.200"


def test_two_regimes_never_share_a_column():
    runs = [record(regime=regime) for regime in ("matched", "native")]
    titles = [section.title for section in sections(Compared.of(runs))]
    assert titles == ["Results, regime native", "Results, regime matched"]
    assert printed(runs).count("Results, regime") == 2
    assert in_markdown(runs).count("| problem |") == 2


@pytest.mark.parametrize("width", [30, 60, 80, 100, 200])
def test_nothing_is_cut_off_however_narrow_the_terminal(width):
    runs = [record(seed=s, value=v) for s, v in enumerate((0.96, 0.97, 0.98))]
    text = printed(runs, width=width, force_terminal=True, color_system=None)
    kept, _, gone = text.partition("(left out: ")
    (table,) = sections(Compared.of(runs))
    assert all(len(line) <= width for line in kept.splitlines() if "─" in line)
    missing = [name for name in table.spare if name in gone.partition(";")[0].split(", ")]
    assert bool(missing) == (width in (60, 80))  # at 30 a line a cell has all again
    for heading, cell in zip(table.headings, table.rows[0], strict=True):
        if heading not in missing:
            assert not {*heading.split(), *cell.split()} - set(kept.split()), heading


def test_two_protocols_never_share_a_table():
    with pytest.raises(ValueError, match="protocols 1 and 2"):
        printed([record(), record(seed=1, protocol=2)])


def test_other_kinds_of_record_are_no_row():
    others = Compared.of([record(kind="other")])
    assert sections(others) == sections(Compared.of([])) == []


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("keras", "keras (tensorflow)"),
        ("keras:jax", "keras (jax)"),
        ("keras:torch", "keras (torch)"),
        ("torch", "torch"),
        ("a stranger's", "a stranger's"),
        ("keras cuda", "keras (tensorflow) cuda"),
    ],
)
def test_a_framework_is_shown_with_its_backend_and_a_stranger_as_he_is(name, label):
    assert label_of(name) == label
    if " " not in name:
        assert f"| {label} |" in in_markdown([record(framework=name)])
