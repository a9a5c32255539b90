"""A disk that is full, and folders that cannot be written: one line, and nothing is lost."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command import Done

pytestmark = pytest.mark.fault


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """A file system of 64 kB; making one takes a right that not everybody has."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("there is no `mount` here")
    if done.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def said(done: Done, status: int, *words: str) -> None:
    last = done.err.splitlines()[-1]
    assert done.status == status, done.err
    assert "Traceback" not in done.err and all(word in last for word in words), done.err


def test_a_disk_that_fills_up_keeps_what_was_finished(twinbench, small_disk):
    arguments = ("--results", str(small_disk / "results"), "--seeds", "40")
    full = twinbench.run(*arguments)
    said(full, 5, "No space left on device")
    had = list(small_disk.rglob("seed*.json"))
    assert 2 < len(had) < 40 and not list(small_disk.rglob("*.tmp"))
    subprocess.run(["mount", "-o", "remount,size=8m", str(small_disk)], check=True)
    done = twinbench.run(*arguments)
    assert done.status == 0 and done.err.count("(was there)") == len(had)
    assert len(list(small_disk.rglob("seed*.json"))) == 40


def test_a_cache_on_a_full_disk_is_gone_without(twinbench, small_disk, monkeypatch):
    monkeypatch.setenv("TWINBENCH_CACHE_DIR", str(small_disk))
    (small_disk / "filler").write_bytes(bytes(60_000))
    done = twinbench("data", "show", "boston", "--data", "embedded")
    assert done.status == 0, done.err


def test_a_results_folder_that_is_a_file(twinbench):
    twinbench.results.write_text("in the way")
    done = twinbench.run()
    said(done, 5, "results")
    assert twinbench.results.read_text() == "in the way"


def test_a_read_only_results_folder(twinbench, small_disk):
    results = ("--results", str(small_disk / "results"), "--seeds", "2")
    assert twinbench.run(*results).status == 0
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    said(twinbench.run(*results, "--seeds", "3"), 5, "Read-only file system")
    again = twinbench.run(*results)  # nothing to write but the curves
    assert again.err.count("(was there)") == 2
