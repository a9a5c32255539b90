"""What the parser adds to argparse: groups, what was perhaps meant, loudness, completion."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec

import pytest

from benchmarks.cli.parser import GROUPS, commands
from common import say
from tests.command import ROOT


def test_the_bare_command_prints_the_help_with_every_command_in_its_group(here):
    bare, asked = here(), here("--help")
    assert (bare.out, bare.err, bare.status) == (asked.out, "", 2) and asked.status == 0
    listed = [name for names in GROUPS.values() for name in names]
    assert sorted(listed) == sorted(commands())
    lines = bare.out.splitlines()
    for title, names in GROUPS.items():
        first = lines.index(f"{title}:") + 1
        shown = [line.split()[0] for line in lines[first : first + len(names)]]
        assert tuple(shown) == names  # each has a line, and no more
    assert "others:" not in bare.out


def test_a_command_of_no_group_is_listed_all_the_same(here, monkeypatch):
    monkeypatch.delitem(GROUPS, "learn")
    lines = here("--help").out.splitlines()
    assert lines[lines.index("others:") + 1].split()[0] == "data"


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("rnu", "run"),
        ("mnist", "run mnist"),
        ("run mnits", "mnist"),
        ("run --epcohs 2", "--epochs"),
        ("run --epcohs=2", "--epochs"),
        ("data verify --data-dri x", "--data-dir"),
        ("run --framework pytorch", "torch"),
        ("run --regime matchd", "matched"),
        ("run --device cude", "cuda"),
        ("parity --regime matchd", "matched"),
        ("scale --axis thread", "threads"),
        ("table --format terminals", "terminal"),
        ("explain boston --order epsilom", "epsilon"),
        ("lesson reuter", "reuters"),
    ],
)
def test_what_was_perhaps_meant_is_said(here, words, meant):
    done = here(*words.split())
    assert done.status == 2 and done.out == ""
    assert f"; did you mean {meant!r}?" in done.err and done.err.count("\n") == 1


@pytest.mark.parametrize("words", ["frobnicate", "run --zzz", "run cifar", "run --regime xyz"])
def test_nothing_is_suggested_that_is_not_alike(here, words):
    done = here(*words.split())
    assert done.status == 2 and "did you mean" not in done.err


def test_loudness_leaves_out_and_adds_and_faults_are_always_said(capsys):
    for loudness, expected in (
        (say.QUIET, "fault\n"),
        (say.NORMAL, "fault\ndone\n"),
        (say.VERBOSE, "fault\ndone\nmore\n"),
    ):
        say.set_loudness(loudness)
        say.say("fault")
        say.inform("done")
        say.detail("more")
        assert capsys.readouterr().err == expected
    say.set_loudness(say.NORMAL)


def test_quiet_and_verbose_runs(twinbench):
    quiet = twinbench.run("-q", "--seeds", "1")
    assert quiet.status == 0 and "boston" in quiet.out
    assert "[1/1]" not in quiet.err and "curves" not in quiet.err
    assert "NOTE, boston" in quiet.err  # other data than the real ones are no remark
    loud = twinbench.run("-v", "--seeds", "2", "--force")
    assert "a process of fake: FAKE_THREADS=1" in loud.err and ".json: written" in loud.err
    assert twinbench("-q", "run", "cifar").status == 2


@pytest.mark.skipif(find_spec("argcomplete") is None, reason="needs the package argcomplete")
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("twinbench cro", {"crossval"}),
        ("twinbench run --epo", {"--epochs"}),
        ("twinbench run bos", {"boston"}),
        ("twinbench run --framework keras,to", {"keras,torch"}),
        ("twinbench run --regime nat", {"native"}),
        ("twinbench data ver", {"verify"}),
    ],
)
def test_a_shell_completes_commands_options_and_names(line, expected, tmp_path):
    found = tmp_path / "found"
    completing = {
        "_ARGCOMPLETE": "1",
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
        "COMP_TYPE": "9",
        "_ARGCOMPLETE_IFS": "\n",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(found),
    }
    command = [sys.executable, "-m", "benchmarks.cli.main"]
    subprocess.run(command, cwd=ROOT, env={**os.environ, **completing}, check=True)
    assert {word.strip() for word in found.read_text().split("\n")} == expected
