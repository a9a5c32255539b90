"""A disk that is full, and folders that cannot be written: one line, and nothing is lost."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from common.data import sources
from common.data.files import File
from common.framework import frameworks, plain_frameworks
from tests.command import ROOT, Command, Done, path_with

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


def remount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True)


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
    remount(small_disk, "size=8m")
    done = twinbench.run(*arguments)
    assert done.status == 0 and done.err.count("(was there)") == len(had)
    assert len(list(small_disk.rglob("seed*.json"))) == 40


def test_a_cache_on_a_full_disk_is_gone_without(twinbench, small_disk, monkeypatch):
    monkeypatch.setenv("TWINBENCH_CACHE_DIR", str(small_disk))
    (small_disk / "filler").write_bytes(bytes(60_000))
    done = twinbench("data", "show", "boston", "0", "--data", "embedded")
    assert done.status == 0, done.err


def test_the_cache_of_a_text_on_a_full_disk_is_gone_without(twinbench, small_disk, monkeypatch):
    twinbench.more["TWINBENCH_CACHE_DIR"] = str(small_disk)
    done = twinbench("data", "show", "reuters", "0", "--data", "embedded")
    assert done.status == 0 and "No space left on device" in done.err, done.err
    assert "class" in done.out and not list(small_disk.glob("*.npz*"))


def test_a_download_onto_a_full_disk_goes_elsewhere(small_disk, monkeypatch, capsys):
    content = bytes(57_026)
    file = File("boston_housing.npz", len(content), hashlib.sha256(content).hexdigest())
    monkeypatch.setattr(sources, "download", lambda file: content)
    monkeypatch.setenv("TWINBENCH_CACHE_DIR", str(small_disk))
    (small_disk / "filler").write_bytes(bytes(60_000))
    path = sources.fetch(file)
    assert path.read_bytes() == content and path.parent != small_disk
    assert "(No space left on device); using" in capsys.readouterr().err
    assert not list(small_disk.glob("*.npz*"))


def test_a_table_for_a_file_on_a_full_disk_leaves_the_file(twinbench, small_disk):
    assert twinbench.run().status == 0
    page = small_disk / "page.md"
    text = "<!-- twinbench:table -->\n<!-- /twinbench:table -->\n" + "x" * 50_000
    page.write_text(text)
    said(twinbench("table", "--into", str(page)), 5, "page.md", "No space left on device")
    assert page.read_text() == text and len(list(small_disk.iterdir())) == 1


def test_a_report_on_a_full_disk_leaves_nothing(twinbench, small_disk):
    assert twinbench.run().status == 0
    for name in ("report.html", "runs.csv"):
        (small_disk / "filler").write_bytes(bytes(64 * 1024))
        command = "report" if name.endswith("html") else "export"
        done = twinbench(command, "--output", str(small_disk / name))
        said(done, 5, name, "No space left on device")
        assert len(list(small_disk.iterdir())) == 1


@pytest.mark.parametrize("name", ["fake", *plain_frameworks(installed=True)])
def test_weights_for_a_full_disk_leave_those_that_were_there(checkout, tmp_path, small_disk, name):
    """Canonical, and each framework's own file by its own writer."""
    suffix = (name != "fake" and frameworks()[name].suffix) or ".safetensors"
    twinbench = Command(checkout if name == "fake" else ROOT, tmp_path)
    out = small_disk / f"weights{suffix}"
    out.write_bytes(b"before")
    (small_disk / "filler").write_bytes(bytes(56_000))
    options = ("--data", "embedded", "--threads", "1", "--epochs", "1")
    done = twinbench("convert", "boston", "--train", name, str(out), *options)
    said(done, 5, out.name)
    assert out.read_bytes() == b"before"
    assert {path.name for path in small_disk.iterdir()} == {out.name, "filler"}
    (small_disk / "filler").unlink()
    assert twinbench("convert", "boston", "--train", name, str(out), *options).status == 0
    assert out.stat().st_size > 20_000 and list(small_disk.iterdir()) == [out]


def test_a_results_folder_that_is_a_file(twinbench):
    twinbench.results.write_text("in the way")
    done = twinbench.run()
    said(done, 5, "results")
    assert twinbench.results.read_text() == "in the way"


def test_a_read_only_results_folder(twinbench, small_disk):
    remount(small_disk, "size=8m")
    results = ("--results", str(small_disk / "results"), "--seeds", "2")
    assert twinbench.run(*results).status == 0
    remount(small_disk, "ro")
    said(twinbench.run(*results, "--seeds", "3"), 5, "Read-only file system")
    again = twinbench.run(*results)
    assert again.err.count("(was there)") == 2 and "boston" in again.out  # the table comes first
    said(again, 5, "curves", "Read-only file system")
    assert twinbench("table", *results[:2]).out.count("fake") == 1


@pytest.mark.parametrize(("where", "words"), [("| true", ""), ("> /dev/full", "No space left")])
def test_output_that_nobody_takes(twinbench, where, words):
    assert twinbench.run().status == 0
    command = f"{sys.executable} -m benchmarks.cli.main table --results {twinbench.results} {where}"
    done = subprocess.run(
        ["bash", "-c", f"{command}; exit ${{PIPESTATUS[0]}}"],
        env={**os.environ, "PYTHONPATH": path_with(twinbench.checkout)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 5 and words in done.stderr, done.stderr
    assert len(done.stderr.splitlines()) == bool(words), done.stderr
