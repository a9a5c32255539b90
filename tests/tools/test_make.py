"""What `make demo` and `make test` install and run, by stand-ins that note their arguments."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tools.project import ROOT

STUB = """#!/bin/sh
echo "$(basename "$0") $*" >> "$LOG"
if [ "$1 $2" = "-m venv" ]; then
    mkdir -p "$3/bin"
    for name in python twinbench; do cp "$0" "$3/bin/$name"; done
fi
"""


class Make:
    def __init__(self, folder: Path) -> None:
        self.folder, self.log = folder, folder / "log"
        for name in ("Makefile", "pyproject.toml", "constraints.txt"):
            shutil.copy(ROOT / name, folder)
        (folder / "base").write_text(STUB)
        (folder / "base").chmod(0o755)

    def __call__(self, *words: str) -> tuple[str, list[str]]:
        """What was printed, and the programs that were run, after `python -m`."""
        self.log.write_text("")
        # `make test` may run this test, and a make within a make says its folders
        outside = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
        done = subprocess.run(
            ["make", "PYTHON=./base", *words],
            cwd=self.folder,
            env={**outside, "LOG": str(self.log)},
            capture_output=True,
            text=True,
            check=True,
        )
        lines = self.log.read_text().splitlines()
        return done.stdout, [line.removeprefix("python -m ") for line in lines if "-c " not in line]


@pytest.fixture
def make(tmp_path):
    if not shutil.which("make"):
        pytest.skip("no make here")
    return Make(tmp_path)


def extras(line: str) -> set[str]:
    return set(line.partition("[")[2].partition("]")[0].split(","))


def test_the_demo_installs_what_it_needs_and_the_tests_the_rest_in_one_environment(make):
    said, (venv, install, run, report) = make("demo")
    assert venv == "base -m venv .venv"
    assert extras(install) == {"keras", "torch", "embedded", "plot", "report"}
    assert "--constraint constraints.txt" in install
    assert (run, report) == ("twinbench run", "twinbench report --output results/report.html")
    assert said.index("make demo: ") < said.index("pip install") and " GB" in said
    assert said.splitlines()[-2].startswith("The report is results/report.html")
    assert f"file://{make.folder}/results/report.html" in said.splitlines()[-1]
    _, again = make("demo")
    assert again == [run, report]
    _, (install, tests) = make("test")
    assert {"docs", "test", "dev", "jax"} < extras(install) and tests.startswith("pytest tests")
    assert make("test")[1] == [tests] and make("demo")[1] == [run, report]


def test_the_demo_needs_nothing_more_after_the_tests_and_both_follow_a_new_requirement(make):
    make("test")
    assert len(make("demo")[1]) == 2
    os.utime(make.folder / "pyproject.toml", (2**32, 2**32))
    assert len(make("demo")[1]) == 3 and len(make("test")[1]) == 2


def test_wheels_for_the_cpu_come_first_and_alone(make):
    said, (_, torch, install, *_) = make("demo", "TORCH_INDEX=https://wheels.example/cpu")
    assert torch.endswith("--no-deps --index-url https://wheels.example/cpu torch torchvision")
    assert "--index-url" not in install and " GB" in said
