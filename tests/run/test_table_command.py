"""`twinbench table`: from a folder of records into a file."""

from __future__ import annotations

import json

import pytest

from benchmarks.run import table_command
from benchmarks.show.markdown import BEGIN, END, marks
from tests.show.samples import record


def run_table_command(*words) -> int:
    import argparse

    parser = argparse.ArgumentParser()
    table_command.add_arguments(parser)
    return table_command.main(parser.parse_args([str(word) for word in words]))


def test_table_command_reads_records_from_a_folder(tmp_path, capsys):
    (tmp_path / "a.json").write_text(json.dumps(record().json))
    readme = tmp_path / "README.md"
    readme.write_text(f"{BEGIN}\n{END}\n")
    assert run_table_command("--results", tmp_path) == 0
    assert " 0.9700 " in capsys.readouterr().out
    assert run_table_command("--results", tmp_path, "--into", readme) == 0
    assert "| mnist | alpha | cpu | 0.9700 |" in readme.read_text()


def test_a_file_may_have_two_tables_by_name_one_without_times_and_one_without_the_metric(
    tmp_path,
):
    (tmp_path / "a.json").write_text(json.dumps(record().json))
    (tmp_path / "b.json").write_text(json.dumps(record(framework="beta").json))
    readme = tmp_path / "README.md"
    names = ("accuracy", "time")
    readme.write_text("\n".join(f"{first}\n{last}" for first, last in map(marks, names)))
    for show, name in zip(("metric", "time"), names, strict=True):
        words = ("--results", tmp_path, "--show", show, "--into", readme, "--mark", name)
        assert run_table_command(*words) == 0
    accuracy, time = readme.read_text().split(marks("time")[0])
    assert "| mnist | alpha | cpu | 0.9700 | 0.1000 | 1 |" in accuracy
    assert "epoch (ms)" not in accuracy
    assert "not enough runs to tell whether the accuracies of alpha and beta" in accuracy
    assert "epoch (ms)" in time and "0.9700" not in time and "accuracy" not in time
    with pytest.raises(ValueError, match="one line <!-- twinbench:table none -->"):
        run_table_command("--results", tmp_path, "--into", readme, "--mark", "none")
    with pytest.raises(ValueError, match="give --into too"):
        run_table_command("--results", tmp_path, "--mark", "accuracy")


def test_table_command_without_records_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="no record"):
        run_table_command("--results", tmp_path)
