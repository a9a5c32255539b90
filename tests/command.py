"""The command in a copy of the checkout whose only framework is the folder `fake_impl`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest

from benchmarks.cli.main import main

ROOT = Path(__file__).resolve().parent.parent
needs_houses = pytest.mark.skipif(
    find_spec("mlxtend") is None, reason="the embedded houses need the package mlxtend"
)


def copied(folder: Path) -> Path:
    """The folder with a copy of `common`, `benchmarks` and the framework `fake`."""
    for package in ("common", "benchmarks", "tests/fake_impl"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, folder / Path(package).name, ignore=ignored)
    return folder


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    return copied(tmp_path_factory.mktemp("checkout"))


@pytest.fixture
def twinbench(checkout, tmp_path):
    """Starts the command in an empty folder; `twinbench(...)` waits, `.start(...)` does not."""
    return Command(checkout, tmp_path)


def path_with(folder: Path) -> str:
    """PYTHONPATH with the folder before all that pytest itself was given."""
    return os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))


@pytest.fixture
def here(capsys):
    """Runs the command in the process of the tests: what it printed, and its status."""

    def run(*words: object) -> Done:
        capsys.readouterr()
        try:
            status = main([*map(str, words)])
        except SystemExit as end:  # of argparse
            status = end.code
        return Done(*capsys.readouterr(), status)

    return run


class Command:
    def __init__(self, checkout: Path, folder: Path) -> None:
        self.checkout, self.folder = checkout, folder
        self.results = folder / "results"
        self.more: dict[str, str] = {}  # variables

    def start(self, *arguments: str, fake: str = "") -> subprocess.Popen:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("TWINBENCH_")}
        return subprocess.Popen(
            [sys.executable, "-m", "benchmarks.cli.main", *arguments],
            cwd=self.folder,
            env={
                **environment,
                "PYTHONPATH": path_with(self.checkout),
                "TWINBENCH_CACHE_DIR": str(self.folder / "cache"),
                "FAKE": fake,
                "COLUMNS": "200",
                **self.more,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments: str, fake: str = "") -> Done:
        process = self.start(*arguments, fake=fake)
        return Done(*process.communicate(), process.returncode)

    def run(self, *arguments: str, fake: str = "") -> Done:
        """Boston, two seeds, two epochs, embedded: two short jobs."""
        options = ["--data", "embedded", "--regime", "native", "--threads", "1", "--epochs", "2"]
        return self("run", "boston", *options, "--seeds", "2", *arguments, fake=fake)

    def records(self) -> dict[int, dict]:
        """By seed; every file below the results folder must be what it seems."""
        paths = sorted(self.results.rglob("*.json"))
        assert not list(self.results.rglob("*.tmp"))
        return {record["seed"]: record for record in map(json.loads, map(Path.read_text, paths))}


class Done:
    def __init__(self, out: str, err: str, status: int) -> None:
        self.out, self.err, self.status = out, err, status


def wait_for(condition, what: str, command: subprocess.Popen | None = None):
    """The condition's value once it is true; gives up when the command has ended meanwhile."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and (command is None or command.poll() is None):
        if value := condition():
            return value
        time.sleep(0.02)
    raise AssertionError(f"waited in vain for {what}: {command and command.communicate()}")


def children(process_id: int) -> list[psutil.Process]:
    """Workers of a command that have begun their job."""
    return list(filter(_is_worker, psutil.Process(process_id).children(recursive=True)))


def _is_worker(process: psutil.Process) -> bool:
    try:
        return "benchmarks.harness.process" in process.cmdline()
    except psutil.NoSuchProcess:  # ended since it was listed
        return False


def ended(process: psutil.Process) -> bool:
    """A zombie has ended too: whether its parent asks for its status is not our concern."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
