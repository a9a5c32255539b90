"""The command line from outside: its help, wrong questions, errors, readers who leave early."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from benchmarks.cli.main import main
from benchmarks.cli.parser import commands
from benchmarks.records.record import write_record
from tests.command import ROOT, needs_houses
from tests.sample_records import run

pytestmark = needs_houses


@pytest.mark.parametrize("fault, words", [("die 0", "SIGKILL"), ("raise 0", "on purpose")])
def test_a_command_without_records_says_in_words_that_its_process_failed(twinbench, fault, words):
    arguments = ["--data", "embedded", "--epochs", "1", "--threads", "1", "--framework", "fake"]
    done = twinbench("predict", "boston", *arguments, fake=fault)
    assert done.status == 4 and words in done.err and "Traceback" not in done.err


TWO_SEE = "--device cpu,cuda:1 is not there for all: fake sees cpu; fake:twin sees cpu"


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["run", "cifar"], 2, "no problem 'cifar'; there are: mnist, imdb, reuters, boston"),
        (["run", "--framework", "jax"], 2, "no framework 'jax'; there are: fake, fake:twin"),
        (["run", "--framework", "absent"], 2, 'install it with: pip install "no_such_package"'),
        (["run", "--device", "mps"], 2, "fake has no device 'mps'; it has: cpu, cuda"),
        (["parity", "--framework", "fake,fake:twin", "--device", "cpu,cuda:1"], 2, TWO_SEE),
        (["limit", "--framework", "fake:twin"], 2, "no ablation; these have it: fake, absent"),
        (["limit", "--framework", "fake", "--regime", "bf16"], 2, "which are none of bf16"),
        (["run", "--framework", "fake:twin", "--regime", "bf16"], 2, "(it has no numbers)"),
        (["run", "--twins", "x.py", "--regime", "bf16"], 2, "bf16 is made for the four problems"),
        (["run", "boston", "--data", "embedded", "--validation", "404"], 2, "no training row"),
        (["run", "boston", "--data", "real", "--data-dir", "nowhere"], 3, "nowhere"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_wrong_is_said_in_words_before_anything_is_trained(
    twinbench, arguments, status, words
):
    done = twinbench(*arguments)
    assert done.status == status, done.err
    assert words in done.err and "Traceback" not in done.err and done.out == ""
    assert not twinbench.results.exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("run cifar", "twinbench run: argument PROBLEM: no problem 'cifar'; there are: mnist"),
        ("run --regime fast", "no regime 'fast'; there are: native, matched, compiled, tuned"),
        ("run --device tpu", "no device 'tpu'; there are: cpu, cuda"),
        ("run --epochs 0", "at least 1 was expected, got '0'"),
        ("run --hidden 64,x", "at least 1 was expected, got 'x'"),
        ("run --learning-rate -1", "above 0"),
        ("run --python keras", "FRAMEWORK=PATH was expected, got 'keras'"),
        ("run --python keras=/no/such", "'/no/such' is not an interpreter"),
        ("frobnicate", "invalid choice: 'frobnicate'; there are: compare, compile"),
        ("run --zzz", "twinbench run: unrecognized arguments: --zzz (see twinbench run --help)"),
        ("--nope run", "twinbench: unrecognized arguments: --nope (see twinbench --help)"),
        ("table x", "twinbench table: unrecognized arguments: x (see twinbench table --help)"),
        ("data verify --nope", "twinbench data verify: unrecognized arguments: --nope (see"),
    ],
)
def test_a_usage_error_is_one_line_that_points_to_the_help_of_its_command(words, message, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(words.split())
    out, err = capsys.readouterr()
    assert out == "" and message in err and err.count("\n") == 1 and err.endswith(" --help)\n")


@pytest.mark.parametrize(
    ("error", "status"), [(RuntimeError("on purpose"), 70), (ValueError("on purpose"), 2)]
)
def test_a_traceback_is_shown_for_an_error_of_ours_and_with_debug(
    monkeypatch, capsys, error, status
):
    def main_of_table(args):
        raise error

    monkeypatch.setattr("benchmarks.run.table_command.main", main_of_table)
    assert main(["table", "--debug"]) == main(["table"]) == status
    with_debug, _, without = capsys.readouterr().err.partition("Error: on purpose\n")
    assert "in main_of_table" in with_debug
    assert ("in main_of_table" in without) == (status == 70)


@pytest.fixture
def closed_pipe():
    """A text file into a pipe that nobody reads any more."""
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w", buffering=1) as file:
        yield file


EARLY = ["compare . .", "compare . . --json", "table", "export", "report --format md", "--help"]


@pytest.mark.parametrize("words", [*EARLY, "run --help", "--version"])
def test_a_reader_who_leaves_early_hears_no_verdict(words, closed_pipe, tmp_path, monkeypatch):
    """Of `compare A A | true`: the pipe is closed before anything is written into it."""
    write_record(run(), tmp_path / "results" / "0.json")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdout", closed_pipe)
    assert main(words.split()) == 5


def test_a_status_is_kept_where_nobody_reads_the_words(closed_pipe, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stderr", closed_pipe)
    assert main(["table", "--results", str(tmp_path)]) == 2
    with pytest.raises(SystemExit, match="2"):
        main(["table", "--nope"])


def test_help_lists_every_command_without_importing_them():
    program = (
        "import sys, benchmarks.cli.main as cli\n"
        "try: cli.main(['--help'])\n"
        "except SystemExit as end: assert end.code == 0\n"
        "print(*{m.partition('.')[0] for m in sys.modules} & {'numpy', 'scipy', 'rich'})"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    *lines, imported = done.stdout.split("\n")[:-1]
    assert imported == ""
    for name in commands():
        assert any(line.split()[:1] == [name] for line in lines), name


def test_version_is_that_of_the_package():
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.cli.main", "--version"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.stdout.startswith("twinbench ") and done.returncode == 0
