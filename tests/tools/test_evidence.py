"""The command that measures every published number anew."""

from __future__ import annotations

import json
import subprocess

import pytest

from benchmarks.records.packed import unpack
from tests.sample_records import run as a_run
from tools import evidence
from tools.project import ROOT

PAGE = """# A page

**Old numbers, to be measured anew.** These tables are of protocol 1 and lack their records.

What it says.

Made by `twinbench race --regime tuned --into docs/speed/race.md`.
"""


@pytest.fixture
def docs(tmp_path):
    speed = tmp_path / "docs" / "speed"
    speed.mkdir(parents=True)
    (speed / "race.md").write_text(PAGE)
    (speed / "limit.md").write_text(
        "Records: [all.jsonl.gz](all.jsonl.gz).\n\nMade by `twinbench limit`.\n"
    )
    (speed / "other.md").write_text("A page without a command.\n")
    return tmp_path / "docs"


def test_a_page_says_how_it_was_made_and_where_its_records_are(docs):
    limit, race = evidence.pages(docs)
    assert (limit.name, limit.packed.name, limit.words) == (
        "speed/limit",
        "all.jsonl.gz",
        ("limit",),
    )
    assert (race.packed.name, race.words) == ("race.jsonl.gz", ("race", "--regime", "tuned"))
    words = evidence.measured(race, docs / "e")
    assert words[3:] == ["--data", "real", "--results", str(docs / "e" / "speed" / "race")]


def test_every_page_with_numbers_of_a_command_is_among_them():
    names = {page.name for page in evidence.pages(ROOT / "docs")}
    assert {"study/study", "study/tuned", "speed/race", "explain/reuters"} <= names
    for readme in evidence.READMES:
        commands = evidence.TABLE.findall((ROOT / readme).read_text(encoding="utf-8"))
        assert [words.rpartition("--mark ")[2] for words in commands] == ["accuracy", "time"]


@pytest.mark.parametrize(
    "forecast, seconds",
    [
        ("720 runs: about 69 min (a guess)\n", 69 * 60),
        ("1 run: about 40 s", 40),
        ("1,720 runs, 20 of them there: about 3.5 h", 3.5 * 3600),
        ("4 runs, 4 of them there: nothing to run", 0),
        ("4 runs: how long they take is not known before the first has ended", float("inf")),
        ("an error", float("inf")),
    ],
)
def test_how_long_a_command_says_that_it_takes(forecast, seconds):
    assert evidence.seconds_of(forecast) == seconds


def test_nothing_is_measured_of_a_changed_or_another_commit(tmp_path):
    folder = tmp_path / "evidence"
    assert "clean commit" in evidence.of_one_commit(folder, {"commit": "a", "dirty": True})
    assert not folder.exists()
    assert not evidence.of_one_commit(folder, {"commit": "a", "dirty": False})
    assert not evidence.of_one_commit(folder, {"commit": "a", "dirty": False})
    assert "begun at a" in evidence.of_one_commit(folder, {"commit": "b", "dirty": False})


@pytest.fixture
def commands(docs, monkeypatch):
    """What main runs, word by word; `limit` takes longer, and `race` fails the first time."""
    ran: list[list[str]] = []
    fails = {"race": [130]}

    def twinbench(words, quiet=False):
        if quiet:
            text = "2 runs: about 9 min" if words[0] == "limit" else "2 runs: about 1 min"
            return subprocess.CompletedProcess(words, 0, text, "")
        ran.append(list(words))
        status = fails[words[0]].pop() if fails.get(words[0]) else 0
        if not status and "--into" not in words and "--results" in words:
            folder = docs.parent / words[words.index("--results") + 1]
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "a.json").write_text(json.dumps(a_run().json))
        return subprocess.CompletedProcess(words, status, "", "")

    monkeypatch.setattr(evidence, "twinbench", twinbench)
    monkeypatch.setattr(evidence, "ROOT", docs.parent)
    monkeypatch.setattr(evidence, "git", lambda: {"commit": "a", "dirty": False})
    monkeypatch.chdir(docs.parent)
    line = "`twinbench table --results docs/a.jsonl.gz --into README.md --mark time`"
    (docs / "zh").mkdir()
    for readme in evidence.READMES:
        (docs.parent / readme).write_text(line)
    return ran


def test_all_are_measured_before_a_page_is_written_and_what_fails_stops_it(docs, commands, capsys):
    assert evidence.main(["--dry-run"]) == 0 and not commands
    assert "speed/race: 2 runs: about 1 min" in capsys.readouterr().out
    assert evidence.main([]) == 130
    assert [words[0] for words in commands] == ["race"], "the shortest first"
    assert (docs / "speed" / "race.md").read_text() == PAGE
    commands.clear()
    translation = docs / "zh" / "speed" / "race.md"
    translation.parent.mkdir()
    translation.write_text("# 一页\n\n**旧的数字**。\n\n结果。\n")
    assert evidence.main([]) == 0
    assert [(words[0], "--into" in words) for words in commands] == [
        ("race", False),
        ("limit", False),
        ("limit", True),
        ("race", True),
        ("table", True),
        ("table", True),
    ]
    assert [words[-1] for words in commands[-2:]] == list(evidence.READMES)
    assert list(unpack(docs / "speed" / "race.jsonl.gz")) == [a_run().json]
    text = (docs / "speed" / "race.md").read_text()
    assert (
        "Old numbers" not in text and "All records are in [race.jsonl.gz](race.jsonl.gz)." in text
    )
    link = "[race.jsonl.gz](../../speed/race.jsonl.gz)"
    assert translation.read_text() == f"# 一页\n\n全部记录在 {link} 里。\n\n结果。\n"


def test_a_page_without_a_record_stays(docs, commands, capsys):
    assert evidence.main(["--write", "--only", "speed/race"]) == 0
    assert "no record, so the page stays" in capsys.readouterr().err
    assert (docs / "speed" / "race.md").read_text() == PAGE


def test_a_page_that_is_none_is_named(docs, commands, capsys):
    with pytest.raises(SystemExit) as error:
        evidence.main(["--only", "speed/rac"])
    assert error.value.code == 2 and "speed/race" in capsys.readouterr().err
