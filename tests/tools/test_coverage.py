"""What `make coverage` relies on: a worker is measured, and the files of a folder are summed."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from tests.command import ROOT
from tools import coverage_table
from tools.coverage_table import below, by_folder, section

PARENT = """
from benchmarks.harness.process import Child
from common.framework import plain_frameworks

with Child(plain_frameworks()[0]) as child:
    child.call("builtins:len", [])
"""


def test_what_a_worker_ran_is_known_although_it_was_killed(tmp_path):
    measured = {"COVERAGE_FILE": str(tmp_path / "data"), "PYTHONPATH": str(ROOT)}
    outer = ("COVERAGE_PROCESS_CONFIG", "COVERAGE_PROCESS_START")  # of a suite that is measured
    environment = {k: v for k, v in os.environ.items() if k not in outer} | measured
    (tmp_path / "parent.py").write_text(PARENT)

    def coverage(*arguments: str) -> str:
        command = [sys.executable, "-m", "coverage", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
        ).stdout

    coverage("run", str(tmp_path / "parent.py"))
    assert len(list(tmp_path.glob("data.*"))) == 2
    coverage("combine", "--quiet")
    found = json.loads(
        coverage("json", "--quiet", "-o", "-", "--include", "benchmarks/harness/process.py")
    )
    (file,) = found["files"].values()
    ran = {name for name, part in file["functions"].items() if part["executed_lines"]}
    assert {"Child.call", "Child.kill", "_serve", "main"} <= ran
    assert "Child._died" not in ran


def test_files_are_summed_by_their_folder(monkeypatch):
    one = {"num_statements": 4, "covered_lines": 3, "num_branches": 2, "covered_branches": 0}
    other = {"num_statements": 4, "covered_lines": 4, "num_branches": 0, "covered_branches": 0}
    files = {"a/x.py": one, "a/deep/y.py": other, "b/z.py": other}
    report = {
        "files": {name: {"summary": counts} for name, counts in files.items()},
        "meta": {"version": "7"},
    }
    assert by_folder(report)["a"] == {
        "num_statements": 8,
        "covered_lines": 7,
        "num_branches": 2,
        "covered_branches": 0,
    }
    assert section(report).rows == [
        ["a", "8", "87.5%", "2", "0.0%", "70.0%"],
        ["b", "4", "100.0%", "0", "-", "100.0%"],
    ]
    monkeypatch.setattr(coverage_table, "JUDGED", ("a", "b"))
    assert below(report, 0.5) == ["a: branches 0.0%"]
    assert below(report, 0.9) == ["a: statements 87.5%", "a: branches 0.0%"]
