"""The matrix of pairs by problem and regime, and the headline above it."""

from __future__ import annotations

import pytest

from benchmarks.cli.main import main
from benchmarks.records.packed import pack
from benchmarks.show import matrix
from benchmarks.statistics.compared import Compared, Kinds
from benchmarks.statistics.intervals import DIFFERENT, EQUIVALENT
from tests.sample_records import declared, run, seeds

SPREAD = [1e-4 * (i % 5 - 2) for i in range(30)]
FAST, SLOW = (0.9, 0.1, 0.1, 0.1), (0.9, 0.2, 0.2, 0.2)


def records(shift=0.0, times=(FAST, SLOW), regime="native", n=30, **more):
    return [
        record
        for name, value, epochs in (("alpha", 0.97, times[0]), ("beta", 0.97 + shift, times[1]))
        for record in seeds(
            [value + x for x in SPREAD[:n]], name, epochs=epochs, regime=regime, **more
        )
    ]


def cells(found, plan=None):
    (section,) = matrix.sections(Compared.of(found, plan))
    return section, dict(zip(section.headings, section.rows[0], strict=True))


def test_a_planned_pair_that_agrees_and_is_slower():
    section, row = cells(records(), {"mnist": declared(30)})
    assert row["problem"] == "mnist" and row["frameworks"] == "alpha, beta"
    assert row["native: test metric"] == "*equivalent (+0.0000)"
    assert row["native: epoch"] == "*alpha 2.00 times as fast"
    assert section.notes[0] == (
        "Of 1 comparison: 1 equivalent within the margin. "
        "Of 1 timed ones an epoch is faster (after Holm) in alpha in 1."
    )
    assert section.colour(row["native: test metric"]) == matrix.COLOURS[EQUIVALENT]
    assert section.colour(row["native: epoch"]) == section.colour(row["problem"]) == ""


def test_beyond_the_margin_is_different_and_a_higher_second_has_a_plus():
    section, row = cells(records(shift=0.01), {"mnist": declared(30)})
    assert row["native: test metric"] == "*different (+0.0100)"
    assert section.colour(row["native: test metric"]) == matrix.COLOURS[DIFFERENT]
    assert "1 different" in section.notes[0]


def test_a_difference_within_the_margin_that_is_not_0_is_said():
    section, row = cells(records(shift=0.001), {"mnist": declared(30)})
    assert row["native: test metric"] == "*equivalent, and not 0 (+0.0010)"
    assert section.colour(row["native: test metric"]) == matrix.COLOURS[EQUIVALENT]


def test_few_seeds_are_exploratory_and_few_processes_have_no_column_of_times():
    section, row = cells(records(n=3))
    assert row["native: test metric"] == "equivalent (+0.0000), exploratory"
    assert "native: epoch" not in row
    assert section.notes[0] == "Of 1 comparison: 1 equivalent within the margin (1 exploratory)."


def test_equal_times_are_faster_in_neither():
    section, row = cells(records(times=(FAST, FAST)))
    assert row["native: epoch"] == "equally fast"
    assert section.notes[0].endswith("an epoch is faster (after Holm) in neither in 1.")


def test_a_regime_is_two_columns_and_a_problem_a_row():
    both = records() + records(regime="matched") + records(problem="imdb", regime="matched")
    (section,) = matrix.sections(Compared.of(both))
    assert [row[0] for row in section.rows] == ["mnist", "imdb"]
    assert section.headings[2:4] == ("native: test metric", "native: epoch")
    assert section.rows[1][2:4] == ["", ""] and section.rows[1][4]


def test_arms_of_other_threads_have_a_row_of_their_own():
    (section,) = matrix.sections(Compared.of(records() + records(threads=1)))
    assert sorted(row[0] for row in section.rows) == ["mnist, 1 thread", "mnist, 2 threads"]
    assert not any(";" in cell for row in section.rows for cell in row)


def test_one_framework_has_no_matrix():
    alone = Kinds({"run": [run()]})
    assert matrix.sections(alone.compared) == [] and not list(matrix.parts(alone))


@pytest.mark.parametrize("command", ["table", "report"])
def test_folders_are_merged_and_what_is_in_two_counts_once(tmp_path, capsys, command):
    runs = records(n=2)
    for name, of in (("a", runs[:2]), ("b", runs[2:]), ("all", runs)):
        pack([record.json for record in of], tmp_path / f"{name}.jsonl.gz")
    more = ["--show", "matrix"] if command == "table" else []

    def shown(*names):
        paths = [str(tmp_path / f"{name}.jsonl.gz") for name in names]
        assert main([command, *more, "--format", "md", "--results", *paths]) == 0
        return capsys.readouterr().out

    assert shown("a", "b") == shown("all") == shown("all", "b", "all")
    assert "alpha, beta" in shown("a", "b")
