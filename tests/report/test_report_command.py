"""`twinbench report`: what it reads, and what it writes where."""

from __future__ import annotations

import sys

import pytest

from benchmarks.report.contents import read_kinds
from common.install import install_extra
from tests.report.samples import everything, folder_of, needs_report, report, runs
from tests.speed.test_race import records as raced


def test_records_are_read_by_kind_and_a_race_of_folds_apart(tmp_path, capsys):
    folder_of({**everything(), "race/folds": raced(1)}, tmp_path)
    (tmp_path / "broken.json").write_text("{")
    lengths = {kind: len(records) for kind, records in read_kinds(tmp_path).items()}
    assert lengths == {k: len(v) for k, v in everything().items()} | {"race/folds": 3}
    assert "broken.json" in capsys.readouterr().err


@needs_report
def test_the_command_writes_a_page(tmp_path, capsys):
    folder = folder_of(everything(), tmp_path / "results")
    assert report("--results", folder, "--output", tmp_path / "page.html") == 0
    source = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert source.startswith("<!doctype html>") and source.endswith("</html>\n")
    shown = capsys.readouterr()
    assert "page.html: written" in shown.err and not shown.out


def test_the_format_is_that_of_the_name(tmp_path, capsys):
    folder = folder_of({"run": runs()}, tmp_path / "results")
    assert report("--results", folder, "--output", tmp_path / "page.md") == 0
    assert (tmp_path / "page.md").read_text(encoding="utf-8").startswith("## The answer")
    assert report("--results", folder, "--format", "md") == 0
    assert capsys.readouterr().out == (tmp_path / "page.md").read_text(encoding="utf-8")
    assert report("--results", folder) == 0
    assert "Results, regime native" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--results", "nowhere"], "nowhere: no record"),
        (["--output", "page.pdf"], r"page.pdf ends in no .html, .htm, .md; give --format"),
        (["--format", "html"], "give --output FILE.html"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(words, said, capsys):
    assert report(*words) == 2
    assert said in capsys.readouterr().err


def test_a_missing_library_names_the_extra(tmp_path, monkeypatch, capsys):
    folder = folder_of({"run": runs()}, tmp_path / "results")
    monkeypatch.setitem(sys.modules, "jinja2", None)
    assert report("--results", folder, "--output", tmp_path / "page.html") == 2
    assert install_extra("report") in capsys.readouterr().err
    assert not (tmp_path / "page.html").exists()
