"""Studies killed at random moments and started again: nothing lost, twice, half or left behind."""

from __future__ import annotations

import json
import random
import signal
import time
from pathlib import Path

import psutil
import pytest

from common.framework import plain_frameworks
from tests.command import ROOT, Command, wait_for

pytestmark = [pytest.mark.fault, pytest.mark.timeout(900)]
KILLS = 50
FAKE = (
    *("study", "boston", "--framework", "fake,fake:twin", "--regime", "native,tuned"),
    *("--data", "embedded", "--threads", "1", "--epochs", "2"),
    *("--seeds", "40", "--timed", "8", "--jobs", "2", "--replicas", "2"),
)
REAL = (
    *("study", "boston", "--regime", "matched,tuned", "--data", "embedded", "--threads", "1"),
    *("--epochs", "3", "--seeds", "3", "--timed", "1", "--jobs", "2"),
)


def test_fifty_kills(twinbench):
    runs = _killed(twinbench, FAKE, KILLS, longest=1.5)
    assert len(runs) == 2 * 2 * 40


def test_kills_while_real_frameworks_train(tmp_path):
    installed = plain_frameworks(installed=True)
    if not installed:
        pytest.skip("no framework is installed")
    names = ("--framework", ",".join(installed))
    runs = _killed(Command(ROOT, tmp_path), (*REAL, *names), 6, longest=12)
    assert len(runs) == len(installed) * 2 * 3


def _killed(twinbench: Command, study: tuple[str, ...], kills: int, longest: float) -> list[tuple]:
    """The runs of a study that was killed so often, each time after at most `longest` seconds."""
    generator = random.Random(20)
    kept: dict[str, str] = {}
    for _ in range(kills):
        process = twinbench.start(*study)
        time.sleep(generator.uniform(0, longest))
        assert _working_in(twinbench.folder) or process.poll() is not None
        process.send_signal(signal.SIGKILL)
        process.communicate()
        wait_for(lambda: not _working_in(twinbench.folder), "the end of all it started")
        found = _records(twinbench)
        assert kept.items() <= found.items()  # what had been written was neither lost nor run again
        kept = found
    done = twinbench(*study)
    assert done.status == 0, done.err
    assert done.err.count("(was there)") == len(kept)
    final = _records(twinbench)
    assert kept.items() <= final.items()
    records = list(map(json.loads, final.values()))
    assert not any(record["error"] for record in records)
    runs = [(r["framework"], r["regime"], r["seed"]) for r in records]
    assert len(runs) == len(set(runs))
    again = twinbench(*study)
    assert again.status == 0 and again.err.count("(was there)") == len(runs)
    assert not list(twinbench.folder.rglob("*.tmp"))  # what killed writers left has gone
    return runs


def _records(twinbench: Command) -> dict[str, str]:
    """Every record whole; the temporary file of a killed writer is not one."""
    texts = {str(path): path.read_text() for path in twinbench.results.rglob("seed*.json")}
    for text in texts.values():
        json.loads(text)
    return texts


def _working_in(folder: Path) -> list[psutil.Process]:
    found = psutil.process_iter(["cwd"])  # a zombie has none
    return [process for process in found if process.info["cwd"] == str(folder.resolve())]
