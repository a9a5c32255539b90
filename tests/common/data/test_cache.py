"""The cache: whose files it takes for its own."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from benchmarks.cli.main import main
from common.atomic import UNFINISHED
from common.data import cache, load, words
from common.data.files import DATASETS
from tests.common.data.conftest import REUTERS


def test_a_read_only_cache_is_said_once(
    newswires: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("TWINBENCH_CACHE_DIR", str(newswires / "reuters.npz" / "cache"))
    data = load(REUTERS, data_dir=newswires)
    assert load(REUTERS, data_dir=newswires).digest == data.digest
    assert capsys.readouterr().err.count("cannot write to the cache") == 1
    assert len(words(REUTERS, data, 0).split()) > 0


def test_clear_removes_what_twinbench_wrote_and_nothing_else(
    newswires: Path,
    online: str,
    capsys: pytest.CaptureFixture,
    cache_dir: Path,
) -> None:
    load(REUTERS)
    with cache.written(cache_dir / "mnist.npz"):
        pass
    (cache_dir / "mnist.npz").unlink()  # its entry stays
    ours = {path.name for path in cache_dir.iterdir()} - {cache.MANIFEST}
    assert ours == {"reuters.npz", "reuters-rows-v2.npz", "reuters-words-v2.npz"}
    theirs = ("mnist.npz", "imdb.npz", "imdb-rows-v1.npz", "unreachable", "notes.txt")
    for name in (*theirs, f"reuters.npz.original{UNFINISHED}"):
        (cache_dir / name).write_text("mine")
    (cache_dir / "reuters-words-v2.npz").write_text("mine")  # in the place of twinbench's
    (cache_dir / "boston_housing.npz").symlink_to(newswires / "reuters.npz")
    assert main(["data", "clear"]) == 0
    said = capsys.readouterr().out
    for name in ("reuters.npz", "reuters-rows-v2.npz"):
        assert f"removed {cache_dir / name}\n" in said and not (cache_dir / name).exists()
    for name in (*theirs, "reuters-words-v2.npz"):
        assert (cache_dir / name).read_text() == "mine"
        assert (f"left    {cache_dir / name}:" in said) == (name != "notes.txt")
    assert (cache_dir / f"reuters.npz.original{UNFINISHED}").exists()
    assert (newswires / "reuters.npz").exists() and (cache_dir / "boston_housing.npz").is_symlink()
    assert "2 files removed" in said and not (cache_dir / cache.MANIFEST).exists()


def test_a_draft_of_a_killed_writer_is_cleared(cache_dir: Path) -> None:
    with cache.written(cache_dir / "mnist.npz") as file:
        [draft] = cache_dir.glob(f"*{UNFINISHED}")
        file.write(b"half")
        os.link(draft, cache_dir / "kept")  # as a kill leaves it
        name = draft.name
    os.rename(cache_dir / "kept", cache_dir / name)
    (cache_dir / "mnist.npz").unlink()
    assert main(["data", "clear"]) == 0 and not [*cache_dir.iterdir()]


def test_two_writers_are_both_in_the_manifest_and_a_torn_line_hides_nothing(
    cache_dir: Path,
) -> None:
    cache_dir.mkdir()
    (cache_dir / cache.MANIFEST).write_text('{"file": "mnist.npz", "si')  # the disk was full
    names = [file.name for d in DATASETS.values() for file in d.files] * 20

    def write(name: str) -> None:
        with cache.written(cache_dir / name) as file:
            file.write(name.encode())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, names))
    lines = [line for line in (cache_dir / cache.MANIFEST).read_text().split("\n") if line]
    assert len([json.loads(line) for line in lines[1:]]) == 2 * len(names)
    assert len(cache.clear()[0]) == 6 and not [*cache_dir.iterdir()]


def test_a_file_of_the_users_in_the_cache_is_not_written_over(
    online: str,
    capsys: pytest.CaptureFixture,
    cache_dir: Path,
) -> None:
    cache_dir.mkdir()
    for name in ("reuters.npz", "reuters-rows-v2.npz"):
        (cache_dir / name).write_text("mine")
    assert load(REUTERS).source == "download"
    said = capsys.readouterr().err
    assert "reuters.npz is there, but not as twinbench wrote it: remove it by hand" in said
    assert main(["data", "fetch", "reuters"]) == 3
    assert "reuters.npz cannot be kept" in capsys.readouterr().err
    for name in ("reuters.npz", "reuters-rows-v2.npz"):
        assert (cache_dir / name).read_text() == "mine"
