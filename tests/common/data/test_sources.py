"""Which source is taken, what is said of it, and what damaged files lead to."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks.harness import worker
from benchmarks.harness.ladder import Ladder
from benchmarks.records.job import Job, Source
from common.data import Data, DataError, cache, load, sources, words
from common.data.files import DATASETS
from common.regime import MATCHED
from tests.common.data.conftest import BOSTON, IMDB, MNIST, REUTERS, flip, needs_mlxtend, pretend


def test_folder_then_cache(newswires: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = load(REUTERS, data_dir=newswires)
    assert (first.source, first.origin) == ("folder", str(newswires / "reuters.npz"))
    assert first.real and first.notice == "" and first.digest == DATASETS["reuters"].digest
    assert first.x.shape == (40, 10_000) and first.x_test.shape == (10, 10_000)
    assert DATASETS["reuters"].test_rows == 10
    monkeypatch.setattr(sources, "_split", lambda *_: pytest.fail("decoded a second time"))
    second = load(REUTERS, data_dir=newswires)
    third = load(REUTERS, data="real")  # no folder named: the cache has the same content
    assert (second.source, third.source) == ("folder", "cache")
    for again in (second, third):
        assert again.digest == first.digest
        for name in ("x", "x_test"):
            assert (getattr(again, name) != getattr(first, name)).nnz == 0
        np.testing.assert_array_equal(again.y, first.y)


def test_the_environment_says_what_auto_is(
    newswires: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWINBENCH_DATA", "embedded")
    assert load(REUTERS, data_dir=newswires).source == "generated"
    assert load(REUTERS, data="real", data_dir=newswires).source == "folder"  # what is asked for
    monkeypatch.setenv("TWINBENCH_DATA", "fake")
    with pytest.raises(ValueError, match="TWINBENCH_DATA must be"):
        load(REUTERS)


def test_download_then_cache(online: str) -> None:
    first = load(REUTERS, data="real")
    assert (first.source, first.origin) == ("download", f"{online}/reuters.npz")
    assert load(REUTERS, data="real").source == "cache"
    cache.prepared_path("reuters-rows").unlink()
    assert load(REUTERS, data="real").origin == str(cache.cache_folder() / "reuters.npz")


def test_a_damaged_download_is_fetched_again(
    newswires: Path,
    online: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    load(REUTERS)
    cache.prepared_path("reuters-rows").unlink()
    path = cache.cache_folder() / "reuters.npz"
    flip(path, 300)
    monkeypatch.setenv("TWINBENCH_DATA_URL", "http://127.0.0.1:9")
    damaged = path.read_bytes()
    assert load(REUTERS).source == "generated"
    assert "it is fetched again" in capsys.readouterr().err and path.read_bytes() == damaged
    monkeypatch.setenv("TWINBENCH_DATA_URL", online)
    assert load(REUTERS).source == "download"
    assert path.read_bytes() == (newswires / "reuters.npz").read_bytes()


@pytest.mark.parametrize("place", [100, 3000, -2000])
def test_a_damaged_cache_is_rebuilt(newswires: Path, place: int) -> None:
    first = load(REUTERS, data_dir=newswires)
    path = cache.prepared_path("reuters-rows")
    sound = path.read_bytes()
    flip(path, place)
    assert (load(REUTERS, data_dir=newswires).x != first.x).nnz == 0
    assert path.read_bytes() == sound


POISON = {
    "other labels": ("rows", lambda arrays: {"y": arrays["y"][::-1]}),
    "columns out of range": ("rows", lambda arrays: {"x_indices": arrays["x_indices"] + 60_000}),
    "rows that go back": ("rows", lambda arrays: {"x_indptr": arrays["x_indptr"][::-1]}),
    "permuted words": ("words", lambda arrays: {"x_words": arrays["x_words"][::-1]}),
}


@pytest.mark.parametrize("kind", POISON)
@pytest.mark.parametrize("data", ["real", "embedded"])
def test_a_sound_cache_of_other_data_is_not_believed(
    kind: str, data: str, newswires: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWINBENCH_DATA_DIR", str(newswires))
    first = load(REUTERS, data=data)
    expected = words(REUTERS, first, 0)
    part, change = POISON[kind]
    [path] = cache.cache_folder().glob(f"reuters-{'' if first.real else 'generated-'}{part}-v*")
    sound = path.read_bytes()
    with np.load(path) as file:
        arrays = dict(file)
    arrays |= change(arrays)
    others = io.BytesIO()
    np.savez(others, **arrays)
    with cache.written(path) as out:
        out.write(others.getvalue())
    again = load(REUTERS, data=data)
    assert again.digest == first.digest and (again.x != first.x).nnz == 0
    np.testing.assert_array_equal(again.y, first.y)
    assert words(REUTERS, again, 0) == expected
    assert path.read_bytes() == sound


def test_prepared_text_of_before_is_not_read(newswires: Path, cache_dir: Path) -> None:
    first = load(REUTERS, data_dir=newswires)
    for path in cache_dir.glob("*-v2.npz"):
        path.rename(path.with_name(path.name.replace("-v2", "-v1")))
    assert sources.read_cache(REUTERS, cache_dir) is None
    assert load(REUTERS, data_dir=newswires).digest == first.digest


@pytest.mark.parametrize(
    "damage", [lambda path: flip(path, 300), lambda path: os.truncate(path, 0)]
)
def test_another_file_than_the_pinned_is_an_error_not_a_reason_to_go_on(
    newswires: Path, damage: Callable[[Path], None], cache_dir: Path
) -> None:
    path = newswires / "reuters.npz"
    sound = path.read_bytes()
    first = load(REUTERS, data_dir=newswires)
    damage(path)
    for prepared in (True, False):  # whatever the cache has of it
        for read in (
            lambda: load(REUTERS, data_dir=newswires),
            lambda: load(REUTERS, data="real", data_dir=newswires),
            lambda: sources.as_keras_loads(REUTERS, data="folder", data_dir=newswires),
            *([] if prepared else [lambda: words(REUTERS, first, 0)]),
        ):
            with pytest.raises(DataError, match="is not the published file") as caught:
                read()
            assert str(path) in str(caught.value)
            assert DATASETS["reuters"].file.sha256 in str(caught.value)
        assert cache_dir.exists() == prepared
        shutil.rmtree(cache_dir, ignore_errors=True)
    path.write_bytes(sound)
    assert load(REUTERS, data_dir=newswires).digest == first.digest


def test_an_oversized_file_is_not_even_read(newswires: Path) -> None:
    with open(newswires / "reuters.npz", "r+b") as file:
        file.truncate(10 << 30)  # sparse: takes no room
    with pytest.raises(DataError, match="10,737,418,240 bytes"):
        load(REUTERS, data_dir=newswires)


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not a folder"):
        load(BOSTON, data_dir=tmp_path / "typo")


@needs_mlxtend
def test_auto_says_what_it_could_not_have(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    data = load(BOSTON, data_dir=tmp_path)
    assert data.source == "embedded" and data.notice.startswith("EMBEDDED")
    lines = [line for line in capsys.readouterr().err.splitlines() if line]  # rich 13 adds one
    assert len(lines) == 2
    assert "has no boston_housing.npz" in lines[0] and "cannot be reached" in lines[1]


def test_real_refuses_and_says_what_to_do() -> None:
    with pytest.raises(DataError) as caught:
        load(IMDB, data="real")
    for word in ("imdb.npz", "--data-dir", "TWINBENCH_DATA_DIR", "twinbench data fetch imdb"):
        assert word in str(caught.value)


def test_idx_files_equal_npz(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    arrays = {
        "x_train": random.integers(0, 256, (60, 28, 28), np.uint8),
        "y_train": random.integers(0, 10, 60, np.uint8),
        "x_test": random.integers(0, 256, (10, 28, 28), np.uint8),
        "y_test": random.integers(0, 10, 10, np.uint8),
    }
    npz, plain, packed = (tmp_path / name for name in ("npz", "plain", "packed"))
    for folder in (npz, plain, packed):
        folder.mkdir()
    np.savez(npz / "mnist.npz", **arrays)  # type: ignore[arg-type]
    pretend(monkeypatch, "mnist", npz / "mnist.npz")
    for key, name in DATASETS["mnist"].idx.items():
        shape = arrays[key].shape
        content = bytes([0, 0, 8, len(shape)]) + struct.pack(f">{len(shape)}I", *shape)
        content += arrays[key].tobytes()
        (plain / name).write_bytes(content)
        (packed / f"{name}.gz").write_bytes(gzip.compress(content))
    first = load(MNIST, data_dir=npz)
    assert len(first.y_test) == DATASETS["mnist"].test_rows == 10
    for folder in (plain, packed):
        data = load(MNIST, data="real", data_dir=folder)
        assert data.digest == first.digest and data.origin == str(folder)
        np.testing.assert_array_equal(data.x, first.x)
        np.testing.assert_array_equal(data.y_test, first.y_test)
        assert data.again == ("folder", str(folder))
        pixels = sources.as_keras_loads(MNIST, data_dir=folder)["x"]  # for the book's own script
        np.testing.assert_array_equal(pixels, arrays["x_train"])
    flip(plain / "train-images-idx3-ubyte")
    with pytest.raises(DataError, match="other data"):
        load(MNIST, data_dir=plain)
    (packed / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataError, match="real data of mnist"):
        load(MNIST, data="real", data_dir=packed)


def planned(data: Data) -> Job:
    return Job(REUTERS, "any", MATCHED, content=data.digest, data=Source("auto", *data.again))


def test_a_worker_takes_the_planned_data_whatever_has_come_since(
    newswires: Path, mirror: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    job = planned(load(REUTERS))
    assert job.data[1:] == ("embedded", None)
    # then another command fetches the real file, and prepares it
    monkeypatch.setenv("TWINBENCH_DATA_URL", mirror)
    later = load(REUTERS)
    assert later.source == "download"
    monkeypatch.setenv("TWINBENCH_DATA_DIR", str(newswires))
    assert worker.planned_data(job).digest == job.content != later.digest
    assert len(sources.as_keras_loads(REUTERS, data="embedded")["y"]) == 8_982
    ladder = Ladder(REUTERS, data="embedded").planned()
    assert (ladder.data, ladder.data_dir) == job.data[1:]
    real = planned(later)
    assert worker.planned_data(real).source == "cache"
    # the other way round, and from a folder that is named no more
    folder = planned(load(REUTERS))
    assert folder.data[1:] == ("folder", str(newswires)) and folder.key == real.key
    monkeypatch.delenv("TWINBENCH_DATA_DIR")
    assert worker.planned_data(folder).source == "folder"
    (newswires / "reuters.npz").rename(tmp_path / "gone")
    for read in (
        lambda: worker.planned_data(folder),
        lambda: sources.as_keras_loads(REUTERS, data="folder", data_dir=newswires),
    ):
        with pytest.raises(DataError, match=r"reuters\.npz .* is not in .*/real, where the plan"):
            read()


def test_a_download_that_the_cache_cannot_keep_is_given_to_the_workers(
    newswires: Path, mirror: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWINBENCH_CACHE_DIR", str(newswires / "reuters.npz" / "cache"))
    monkeypatch.setenv("TWINBENCH_DATA_URL", mirror)
    job = planned(load(REUTERS))
    monkeypatch.setattr(sources, "fetch", lambda *_, **__: pytest.fail("fetched again"))
    assert worker.planned_data(job).digest == job.content
