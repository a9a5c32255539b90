"""Where a problem's data comes from: a folder, the cache, a download, or what is embedded."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from common.data import cache, embedded, generated, prepare
from common.data.dataset import Data, DataError
from common.data.decode import read_idx, read_npz, read_published
from common.data.download import Unreachable, download
from common.data.files import (
    DATASETS,
    Dataset,
    File,
    base_url,
    content_digest,
    file_digest,
)
from common.problem import Problem
from common.say import say_once

Choice = Literal["auto", "real", "embedded"]
PLANNED = ("folder", "cache")

UNREACHABLE_SECONDS = 600.0  # how long `auto` remembers that the server could not be reached


class Found(NamedTuple):
    """Content, and what `Data` says of where it is from."""

    content: prepare.Content
    digest: str
    source: str
    origin: str
    place: str | None = None
    real: bool = True
    notice: str = ""


def load(problem: Problem, *, data: str = "auto", data_dir: str | Path | None = None) -> Data:
    """The data of a problem, from the first source that has it.

    `auto` tries `data_dir` (by default the environment variable TWINBENCH_DATA_DIR), the user's
    cache, a download, and at last the embedded or generated data; `real` stops before these;
    `embedded` takes nothing else. The environment variable TWINBENCH_DATA says what `auto` is to
    be. Data from the first three sources have the digest that is pinned.
    What was planned before (`Data.again`) has a `data` of "folder" or "cache" and a `data_dir`: it
    is taken from there or not at all.
    Raises DataError when nothing is found, or when what is found is not sound.
    """
    data = _chosen(data)
    own = problem.own_data(data, data_dir)
    if own is not None:
        return own
    if data in PLANNED:
        found = _planned(problem, data, Path(data_dir or ""))
    else:
        real = None if data == "embedded" else _real(problem, data, data_dir)
        found = real or _stand_in(problem)
    arrays = prepare.arrays(problem, found.content)
    return Data(
        **arrays,
        source=found.source,
        origin=found.origin,
        digest=found.digest,
        real=found.real,
        notice=found.notice,
        place=found.place,
    )


def _chosen(data: str) -> str:
    """The user's choice; ValueError when it is none."""
    if data in PLANNED:
        return data
    name, chosen = "data", data
    if data == "auto" and os.environ.get("TWINBENCH_DATA"):
        name, chosen = "TWINBENCH_DATA", os.environ["TWINBENCH_DATA"]
    if chosen not in get_args(Choice):
        raise ValueError(f"{name} must be 'auto', 'real' or 'embedded', got {chosen!r}")
    return chosen


def as_keras_loads(
    problem: Problem, *, data: str = "auto", data_dir: str | Path | None = None
) -> dict[str, Any]:
    """`x, y, x_test, y_test` as `keras.datasets.*.load_data` gives them, text as `Sequences`.

    Read from the published files afresh, with nothing that was prepared before; of those without
    text the digest is not taken: call `load` first, which checks it. Raises DataError.
    """
    data = _chosen(data)
    if data not in PLANNED:
        data, data_dir = load(problem, data=data, data_dir=data_dir).again  # type: ignore
    if data == "embedded":
        return generated.sequences(problem) if problem.text else _stand_in(problem).content
    folder = Path(data_dir or "")
    decoded = _decoded(problem, folder)
    if decoded is None:
        raise _gone(problem, folder)
    return prepare.keras_split(problem, decoded[1])


def data_folder(data_dir: str | Path | None) -> Path | None:
    """The user's folder of data files; DataError when one is named that is no folder."""
    named = data_dir or os.environ.get("TWINBENCH_DATA_DIR")
    if named and not Path(named).is_dir():
        raise DataError(f"{named} is not a folder; mend --data-dir or TWINBENCH_DATA_DIR")
    return Path(named) if named else None


def _planned(problem: Problem, data: str, folder: Path) -> Found:
    """What the plan found in that folder; DataError when it is not there any more."""
    found = read_folder(problem, folder) if data == "folder" else _read_cache(problem, folder)
    if found is None:
        raise _gone(problem, folder)
    return found


def _gone(problem: Problem, folder: Path) -> DataError:
    return DataError(
        f"{DATASETS[problem.name].file.name} of {problem.name} is not in {folder}, where the plan "
        "found it; put it there, or start the command again to make another plan"
    )


def _real(problem: Problem, data: str, data_dir: str | Path | None) -> Found | None:
    dataset, folder = DATASETS[problem.name], data_folder(data_dir)
    if folder:
        if found := read_folder(problem, folder):
            return found
        idx = " and no complete set of IDX files" if dataset.idx else ""
        say_once(f"{folder} has no {dataset.file.name}{idx}: trying the cache, then a download")
    if found := read_cache(problem):
        return found
    try:
        path = fetch(dataset.file, remember=data == "auto")
        return read_folder(problem, path.parent, "download", base_url() + path.name)
    except DataError as error:
        if data == "auto":
            say_once(
                f"{error}; taking the {'generated' if problem.text else 'embedded'} data instead"
            )
            return None
        raise DataError(
            f"the real data of {problem.name} are not here: {error}. Put {dataset.file.name} into "
            "a folder and name it with --data-dir or TWINBENCH_DATA_DIR, or run `twinbench data "
            f"fetch {problem.name}` where the network can be reached"
        ) from error


def read_folder(
    problem: Problem,
    folder: Path,
    source: str = "folder",
    origin: str = "",
    *,
    afresh: bool = False,
) -> Found | None:
    """The content of a folder's files; None when it lacks them, DataError if they are bad.

    `origin` is by default their path. `afresh` decodes text again even when the cache has it
    prepared.
    """
    dataset, place = DATASETS[problem.name], os.path.abspath(folder)
    path = folder / dataset.file.name
    known = problem.text and not afresh and _is_published(path, dataset.file)
    if known and (content := _kept(problem)):
        return Found(content, dataset.digest, source, origin or str(path), place)
    decoded = _decoded(problem, folder)
    if decoded is None:
        return None
    path, arrays = decoded
    split = prepare.keras_split(problem, arrays)
    content = prepare.text_content(split, problem.features) if problem.text else split
    digest = _checked(dataset, content, path)
    if problem.text:
        cache.save_content(problem.name, content, dataset.digest)
        cache.save_sequences(problem.name, split, dataset.sequences)
    return Found(content, digest, source, origin or str(path), place)


def _is_published(path: Path, file: File) -> bool:
    """Cheaply: what is not is refused by who reads it."""
    try:
        return path.stat().st_size == file.size and file_digest(path) == file.sha256
    except OSError:
        return False


def _decoded(problem: Problem, folder: Path) -> tuple[Path, dict[str, Any]] | None:
    """Where a folder has a data set, in one file or in IDX files, and its arrays; None if not."""
    dataset = DATASETS[problem.name]
    path = folder / dataset.file.name
    if path.is_file() and problem.text:
        return path, read_published(path, dataset.file)
    if path.is_file():
        return path, read_npz(path, dataset.arrays)
    if idx := _idx_files(dataset, folder):
        return folder, {name: read_idx(idx[name], dataset.arrays[name]) for name in idx}
    return None


def _idx_files(dataset: Dataset, folder: Path) -> dict[str, Path]:
    """The IDX file of each array, plain before .gz; empty unless all of them are there."""
    found: dict[str, Path] = {}
    for array, name in dataset.idx.items():
        for path in (folder / name, folder / f"{name}.gz"):
            if path.is_file():
                found.setdefault(array, path)
    return found if len(found) == len(dataset.arrays) else {}


def read_cache(problem: Problem) -> Found | None:
    """The content of the user's cache; None when it has none, or only a damaged one."""
    try:
        return _read_cache(problem, cache.cache_folder())
    except DataError as error:
        say_once(f"{error}; it is fetched again")
        return None


def _read_cache(problem: Problem, folder: Path) -> Found | None:
    """Text that is prepared, else the files of a folder of downloads; DataError if it is bad."""
    if problem.text and (content := _kept(problem)):
        path, digest = cache.content_path(problem.name), DATASETS[problem.name].digest
        return Found(content, digest, "cache", str(path), os.path.abspath(folder))
    return read_folder(problem, folder, "cache")


def _kept(problem: Problem) -> prepare.Content | None:
    """The prepared content of a real text data set from the cache."""
    return cache.load_content(problem.name, DATASETS[problem.name].digest)


def _checked(dataset: Dataset, content: prepare.Content, path: Path) -> str:
    digest = content_digest(content)
    if digest != dataset.digest:
        raise DataError(
            f"{path} holds other data than the published: digest {digest}, expected "
            f"{dataset.digest}; replace it by {base_url()}{dataset.file.name}"
        )
    return digest


def fetch(file: File, *, remember: bool = False) -> Path:
    """Download a file into the cache, or next to it into a temporary folder if that is read-only.

    With `remember`, a server that could not be reached is not tried again for ten minutes.
    Raises DataError.
    """
    note = cache.cache_folder() / cache.UNREACHABLE
    with suppress(OSError):
        age = time.time() - note.stat().st_mtime
        if remember and 0 <= age < UNREACHABLE_SECONDS and note.read_text() == base_url():
            raise Unreachable(f"{base_url()} could not be reached {age:.0f} s ago")
    try:
        return _download(file)
    except Unreachable:
        with suppress(OSError), cache.written(note) as out:
            out.write(base_url().encode())
        raise


def _download(file: File) -> Path:
    try:
        return download(file, cache.cache_folder(), cache.written)
    except OSError as error:
        folder = _temporary_folder()
        say_once(
            f"cannot write to the cache {cache.cache_folder()} ({error.strerror}); using {folder}"
        )
        return download(file, folder)


@functools.cache
def _temporary_folder() -> Path:
    """A folder that is removed when the process ends."""
    folder = tempfile.mkdtemp(prefix="twinbench-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _stand_in(problem: Problem) -> Found:
    if problem.text:
        return _generated(problem)
    if problem.name == "mnist":
        content = embedded.digits()
        notice = "EMBEDDED DATA: 4,000 of MNIST's digits to train and 1,000 to test, not all 70,000"
    else:
        content = embedded.houses(problem)
        notice = "EMBEDDED DATA: the whole Boston table, but from a package, not the published file"
    digest = content_digest(content)
    real = digest == DATASETS[problem.name].digest
    return Found(content, digest, "embedded", embedded.origin(), real=real, notice=notice)


def _generated(problem: Problem) -> Found:
    name, digest = generated.name(problem), generated.CONTENT[problem.name]
    content = cache.load_content(name, digest)
    if content is None:
        made = generated.sequences(problem)
        content = prepare.text_content(made, problem.features)
        digest = content_digest(content)  # with another NumPy perhaps another one
        cache.save_content(name, content, generated.CONTENT[problem.name])
        cache.save_sequences(name, made, generated.SEQUENCES[problem.name])
    notice = f"GENERATED DATA: a stand-in of the shape of {problem.title}, no real text"
    return Found(content, digest, "generated", generated.origin(problem), real=False, notice=notice)
