"""Odd places, streams and variables: the command does its work, or says in one line why not."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys

import pytest

from benchmarks.records.record import MAX_BYTES
from tests.command import ROOT, Done, path_with, wait_for

pytestmark = pytest.mark.fault
EMBEDDED = {"TWINBENCH_DATA": "embedded"}


def shell(twinbench, line: str, **variables: str) -> Done:
    """`twinbench` of a line of the shell is the command; records are those of `twinbench.run()`."""
    command = f"{sys.executable} -m benchmarks.cli.main"
    done = subprocess.run(
        ["bash", "-c", line.replace("twinbench", command)],
        cwd=twinbench.folder,
        env={
            **os.environ,
            "PYTHONPATH": path_with(twinbench.checkout),
            "COLUMNS": "200",
            **variables,
        },
        capture_output=True,
    )
    texts = (each.decode(errors="backslashreplace") for each in (done.stdout, done.stderr))
    return Done(*texts, done.returncode)


def no_traceback(*all_done: Done) -> None:
    for done in all_done:
        assert "Traceback" not in done.out + done.err, done.err


def test_streams_that_are_closed_take_everything(twinbench):
    done = twinbench.run()
    assert done.status == 0
    assert shell(twinbench, "twinbench table >&-").status == 0
    quiet = shell(twinbench, "twinbench run boston --threads 1 --json 2>&-", FAKE="", **EMBEDDED)
    assert quiet.status == 0 and quiet.out.startswith("{") and quiet.out.endswith("}\n"), quiet.out
    no_traceback(quiet)


def test_a_terminal_of_few_letters_is_given_the_others_as_escapes(twinbench):
    assert twinbench.run().status == 0
    plain = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"}
    done = shell(twinbench, "twinbench table", **plain)
    assert done.status == 0 and r"\xb1" in done.out, done.err
    assert "±" in shell(twinbench, "twinbench table", PYTHONUTF8="1", LC_ALL="C").out


def test_a_pipe_and_a_huge_file_among_the_records_are_skipped(twinbench):
    assert twinbench.run().status == 0
    os.mkfifo(twinbench.results / "pipe.json")
    (twinbench.results / "folder.json").mkdir()
    os.truncate(os.open(twinbench.results / "huge.json", os.O_CREAT | os.O_WRONLY), 1 << 30)
    done = shell(twinbench, f"ulimit -v {1 << 21}; timeout 60 twinbench table")
    assert done.status == 0 and "fake" in done.out, done.err
    said = [line for line in done.err.splitlines() if line.startswith("skipped: ")]
    assert len(said) == 3 and sum(f"at most {MAX_BYTES:,} bytes" in line for line in said) == 3


@pytest.mark.parametrize("name", ["résultats 中", "two\nlines", "-x", "[bold]red[/]"])
def test_names_of_folders(twinbench, name):
    twinbench.results = twinbench.folder / name
    results = f"--results={name}"
    done = twinbench.run(results, "--seeds", "1")
    assert done.status == 0 and list(twinbench.records()) == [0], done.err
    failed = twinbench.run(results, "--seeds", "1", "--force", fake="raise 0")
    again = [twinbench(each, results) for each in ("table", "export", "report")]
    assert failed.status == 4 and "ArithmeticError" in failed.err
    no_traceback(done, failed, *again)


def test_a_link_is_a_results_folder_and_a_ring_of_links_is_none(twinbench, tmp_path):
    elsewhere = tmp_path / "else" / "where"
    twinbench.results.symlink_to(elsewhere)
    assert twinbench.run().status == 0
    assert len(list(elsewhere.rglob("seed*.json"))) == 2 and twinbench.results.is_symlink()
    ring = tmp_path / "ring"
    ring.symlink_to(ring)
    done = twinbench.run("--results", str(ring))
    assert done.status == 5 and "ring" in done.err.splitlines()[-1]
    no_traceback(done)


def test_a_results_folder_that_is_removed_meanwhile_is_made_again(twinbench):
    options = ("--data", "embedded", "--regime", "native", "--threads", "1", "--epochs", "2")
    process = twinbench.start("run", "boston", *options, "--seeds", "6")
    wait_for(lambda: list(twinbench.results.rglob("seed*.json")), "a record", process)
    shutil.rmtree(twinbench.results, ignore_errors=True)
    out, err = process.communicate()
    assert process.returncode == 0 and "Traceback" not in err, err
    assert 0 < len(twinbench.records()) < 6 and "(n=6)" in out  # the table is of all that ran


@pytest.mark.parametrize(
    ("variable", "problem", "status", "words"),
    [
        ("TWINBENCH_DATA_DIR=/dev/null", "boston", 3, "is not a folder"),
        ("TWINBENCH_DATA_DIR=nowhere", "boston", 3, "is not a folder"),
        ("TWINBENCH_DATA_DIR=.", "boston", 0, "has no boston_housing.npz"),
        ("TWINBENCH_DATA_DIR=", "boston", 0, "EMBEDDED"),
        ("TWINBENCH_CACHE_DIR=/dev/null", "reuters", 0, "going on without it"),
        ("HOME=/dev/null", "reuters", 0, "going on without it"),
        ("TERM=dumb", "boston", 0, "EMBEDDED"),
    ],
)
def test_a_variable_that_leads_nowhere(twinbench, variable, problem, status, words):
    pytest.importorskip("mlxtend")
    unset = "unset TWINBENCH_DATA_DIR TWINBENCH_CACHE_DIR XDG_CACHE_HOME"
    line = f"{unset}; {variable} twinbench data show {problem} 0"
    home = {"HOME": str(twinbench.folder), "TWINBENCH_DATA_URL": "file:///nowhere/"}
    done = shell(twinbench, line, **home)
    assert done.status == status and words in done.err, done.err
    no_traceback(done)


def test_without_a_home_the_data_are_listed(twinbench):
    done = shell(twinbench, "unset HOME TWINBENCH_CACHE_DIR; twinbench data")
    assert done.status == 0 and "cache:" in done.out, done.err


def test_all_that_runs_works_with_warnings_as_errors_and_asserts_left_out(twinbench):
    for variables in ({"PYTHONWARNINGS": "error"}, {"PYTHONOPTIMIZE": "1"}):
        twinbench.more = variables
        done = [twinbench.run("--force"), twinbench("table"), twinbench("report", "--format", "md")]
        assert [each.status for each in done] == [0, 0, 0], done[0].err
    twinbench.more = {"PYTHONOPTIMIZE": "1"}
    assert twinbench.run("--force", fake="raise 0").status == 4


def test_no_check_of_the_packages_rests_on_an_assert():
    """`python -O` leaves them out: they may tell a type checker that something is not None."""
    for package in ("common", "benchmarks", *(path.name for path in ROOT.glob("*_impl"))):
        for path in (ROOT / package).rglob("*.py"):
            if "suites" in path.parts:  # pytest's own
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Assert):
                    assert ast.unparse(node.test).count("is not None") > 0, f"{path}: {node.lineno}"
