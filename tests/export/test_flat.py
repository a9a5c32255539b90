"""`twinbench export`: each format read back, and cells that a spreadsheet must not run."""

from __future__ import annotations

import csv
import io
import json
from importlib.util import find_spec

import pytest

from benchmarks.cli import main
from benchmarks.export.flat import FORMATS, csv_text, epoch_rows, json_lines, parquet, run_rows
from benchmarks.records.record import write_record
from common.install import install_extra
from tests.sample_records import run

RECORDS = [
    run("mnist", "alpha", seed=0, value=0.97),
    run("imdb", "beta", seed=1, value=0.88, stages={"fit": 2.5}, versions={"torch": "2.9"}),
    run("boston", "beta", "native", value=2.7, timed=False, warnings=["busy"]),
    run("mnist", "beta", error={"kind": "ChildDied", "message": "by\nSIGKILL"}, metrics={}),
]


@pytest.fixture
def export(tmp_path, capsys):
    """Runs the command on some records; gives status, standard output and error."""

    def command(*words, records=RECORDS):
        for number, record in enumerate(records):
            write_record(record, tmp_path / "results" / f"{number}.json")
        status = main.main(["export", "--results", str(tmp_path / "results"), *words])
        return status, *capsys.readouterr()

    return command


def test_a_row_a_run_with_the_same_columns_everywhere():
    rows = run_rows(RECORDS)
    assert len(rows) == 4 and len({tuple(row) for row in rows}) == 1
    by = {(row["problem"], row["framework"]): row for row in rows}
    assert by["mnist", "alpha"]["test_accuracy"] == 0.97
    assert by["mnist", "alpha"]["test_mae"] is None
    assert by["boston", "beta"]["test_mae"] == 2.7 and by["boston", "beta"]["timed"] is False
    assert json.loads(by["boston", "beta"]["warnings"]) == ["busy"]
    assert by["imdb", "beta"]["fit_seconds"] == 2.5
    assert by["imdb", "beta"]["version_torch"] == "2.9"
    assert by["imdb", "beta"]["version_numpy"] is None
    assert by["mnist", "beta"]["error_kind"] == "ChildDied"
    assert len({row["record_digest"] for row in rows}) == 4


def test_one_row_per_epoch_without_a_clock_for_an_untimed_run():
    rows = epoch_rows(RECORDS[:2])
    assert [row["epoch"] for row in rows] == [1, 2, 3, 4] * 2
    assert rows[0]["loss"] == 4 and rows[1]["epoch_seconds"] == 0.25
    held_out = {row["problem"]: row["val_loss"] for row in rows}
    assert held_out["imdb"] is not None and held_out["mnist"] is None
    rows = epoch_rows([run(timed=False, epoch_seconds=[])])
    assert len(rows) == 4 and {row["epoch_seconds"] for row in rows} == {None}


def test_csv_and_json_lines_read_back(export):
    status, out, _ = export("--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert status == 0 and len(rows) == 4
    assert {row["error_message"] for row in rows} == {"", "by\nSIGKILL"}
    assert {row["test_accuracy"] for row in rows} == {"", "0.88", "0.97"}
    rows = [json.loads(line) for line in export("--format", "jsonl", "--epochs")[1].splitlines()]
    assert rows == epoch_rows(RECORDS)


@pytest.mark.skipif(find_spec("pyarrow") is None, reason="needs the extra parquet")
@pytest.mark.parametrize("words", [[], ["--epochs"]])
def test_parquet_reads_back(export, tmp_path, words):
    from pyarrow import parquet

    path = tmp_path / "out" / "runs.parquet"
    status, out, err = export("--format", "parquet", "--output", str(path), *words)
    expected = (epoch_rows if words else run_rows)(RECORDS)
    assert (status, out) == (0, "") and f"{len(expected)} rows of 4 runs" in err
    assert parquet.read_table(path).to_pylist() == expected


def test_parquet_needs_a_file_and_says_what_to_install(export, monkeypatch, tmp_path):
    status, out, err = export("--format", "parquet")
    assert (status, out) == (2, "") and "--output FILE" in err
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    path = tmp_path / "runs.parquet"
    status, _, err = export("--format", "parquet", "--output", str(path))
    assert status == 2 and install_extra("parquet") in err and not path.exists()


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_text_that_a_spreadsheet_would_run_begins_with_a_quote(start):
    hostile = f"{start}HYPERLINK(1)"
    error = {"kind": hostile, "message": hostile}
    about = {"versions": {hostile: hostile}, "host": {"cpu": hostile}, "threads": -1}
    record = run(framework=hostile, error=error, **about)
    table = list(csv.reader(io.StringIO(csv_text(run_rows([record])).decode(), newline="")))
    cells = [cell for row in table for cell in row if "HYPERLINK" in cell]
    assert len(cells) == 6 and not any(cell.startswith(start) for cell in cells)
    row = dict(zip(*table, strict=True))
    assert row["framework"] == f"'{hostile}" and row["threads"] == "-1"  # a number stays one
    assert json.loads(json_lines(run_rows([record])))["framework"] == hostile


def test_values_of_several_types_are_a_column_of_text(tmp_path):
    files = pytest.importorskip("pyarrow.parquet")
    hosts = [{"cpu": "x", "a": 1, "b": {}}, {"cpu": "x", "a": "one", "b": [1, "x"]}, {"cpu": "y"}]
    rows = run_rows([run(seed=seed, host=host) for seed, host in enumerate(hosts)])
    table = files.read_table(io.BytesIO(parquet(rows))).to_pydict()
    assert table["host_a"] == ["1", '"one"', None] and table["seed"] == [0, 1, 2]
    assert table["host_b"] == ["{}", '[1, "x"]', None] and table["host_cpu"] == ["x", "x", "y"]
    escape = csv_text(run_rows([run(framework="a\x1b[2J\nb")])).decode()
    assert r"a\x1b[2J" in escape and "\x1b" not in escape


def test_a_file_is_written_whole_and_named(export, tmp_path):
    path = tmp_path / "runs.csv"
    status, out, err = export("--output", str(path))
    assert (status, out) == (0, "") and str(path) in err
    assert path.read_bytes() == csv_text(run_rows(RECORDS))


def test_nothing_to_export_is_an_error(export):
    assert export(records=[])[0] == 2
    status, _, err = export("--epochs", records=[run(history={}, epoch_seconds=[])])
    assert status == 2 and "no run has an epoch" in err


def test_two_protocols_never_share_a_table():
    with pytest.raises(ValueError, match="protocols"):
        run_rows([run(), run(protocol=2)])


def test_the_command_offers_every_format():
    import argparse

    from benchmarks.export import export_command as command

    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    (action,) = (a for a in parser._actions if a.dest == "format")
    assert set(action.choices) == set(FORMATS)
