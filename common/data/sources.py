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

import numpy as np

from common.atomic import replaced
from common.data import cache, embedded, generated, prepare
from common.data.dataset import Data, DataError, say
from common.data.decode import read_idx, read_npz
from common.data.download import Unreachable, download
from common.data.files import (
    DATASETS,
    MAX_FILE_BYTES,
    Dataset,
    File,
    base_url,
    content_digest,
    file_digest,
)
from common.problem import Problem

Choice = Literal["auto", "real", "embedded"]

UNREACHABLE_SECONDS = 600.0  # how long `auto` remembers that the server could not be reached


class Found(NamedTuple):
    """Content, and what `Data` says of where it is from."""

    content: prepare.Content
    digest: str
    source: str
    origin: str
    real: bool = True
    notice: str = ""


def load(problem: Problem, *, data: Choice = "auto", data_dir: str | Path | None = None) -> Data:
    """The data of a problem, from the first source that has it.

    `auto` tries `data_dir` (by default the environment variable TWINBENCH_DATA_DIR), the user's
    cache, a download, and at last the embedded or generated data; `real` stops before these;
    `embedded` takes nothing else. The environment variable TWINBENCH_DATA says what `auto` is to
    be. Data from the first three sources have the digest that is pinned.
    Raises DataError when nothing is found, or when what is found is not sound.
    """
    data = _chosen(data)
    own = problem.own_data(data, data_dir)
    if own is not None:
        return own
    found = None if data == "embedded" else _real(problem, data, data_dir)
    found = found or _stand_in(problem)
    arrays = prepare.arrays(problem, found.content)
    return Data(
        **arrays,
        source=found.source,
        origin=found.origin,
        digest=found.digest,
        real=found.real,
        notice=found.notice,
    )


def _chosen(data: str) -> Choice:
    """The user's choice; ValueError when it is none."""
    name, chosen = "data", data
    if data == "auto" and os.environ.get("TWINBENCH_DATA"):
        name, chosen = "TWINBENCH_DATA", os.environ["TWINBENCH_DATA"]
    if chosen not in get_args(Choice):
        raise ValueError(f"{name} must be 'auto', 'real' or 'embedded', got {chosen!r}")
    return chosen  # type: ignore[return-value]


def as_keras_loads(
    problem: Problem, *, data: Choice = "auto", data_dir: str | Path | None = None
) -> dict[str, Any]:
    """`x, y, x_test, y_test` as `keras.datasets.*.load_data` gives them, text as `Sequences`.

    Read from the published file afresh, with nothing that was prepared before, and without its
    digest; call `load` first, which checks it. Without the file: what is embedded or generated.
    """
    data, dataset = _chosen(data), DATASETS[problem.name]
    folders = [folder for folder in (data_folder(data_dir), cache.cache_folder()) if folder]
    for path in (folder / dataset.file.name for folder in folders):
        if data != "embedded" and path.is_file():
            return prepare.keras_split(problem, read_npz(path, dataset.arrays))
    return generated.sequences(problem) if problem.text else _stand_in(problem).content


def data_folder(data_dir: str | Path | None) -> Path | None:
    """The user's folder of data files; DataError when one is named that is no folder."""
    named = data_dir or os.environ.get("TWINBENCH_DATA_DIR")
    if named and not Path(named).is_dir():
        raise DataError(f"{named} is not a folder; mend --data-dir or TWINBENCH_DATA_DIR")
    return Path(named) if named else None


def _real(problem: Problem, data: Choice, data_dir: str | Path | None) -> Found | None:
    dataset, folder = DATASETS[problem.name], data_folder(data_dir)
    if folder:
        if found := read_folder(problem, folder):
            return found
        idx = " and no complete set of IDX files" if dataset.idx else ""
        say(f"{folder} has no {dataset.file.name}{idx}: trying the cache, then a download")
    if found := read_cache(problem):
        return found
    try:
        path = fetch(dataset.file, remember=data == "auto")
        return Found(*_decoded(problem, path), "download", base_url() + path.name)
    except DataError as error:
        if data == "auto":
            say(f"{error}; taking the {'generated' if problem.text else 'embedded'} data instead")
            return None
        raise DataError(
            f"the real data of {problem.name} are not here: {error}. Put {dataset.file.name} into "
            "a folder and name it with --data-dir or TWINBENCH_DATA_DIR, or run `twinbench data "
            f"fetch {problem.name}` where the network can be reached"
        ) from error


def read_folder(problem: Problem, folder: Path, *, afresh: bool = False) -> Found | None:
    """The content of a user's folder; None when it lacks the files, DataError if they are bad.

    `afresh` decodes text again even when the cache has it prepared.
    """
    dataset = DATASETS[problem.name]
    path = folder / dataset.file.name
    if path.is_file():
        return Found(*_decoded(problem, path, afresh), "folder", str(path))
    if idx := _idx_files(dataset, folder):
        decoded = {name: read_idx(idx[name], dataset.arrays[name]) for name in idx}
        content = prepare.keras_split(problem, decoded)
        return Found(content, _checked(dataset, content, folder), "folder", str(folder))
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
    path = cache.content_path(problem.name)
    if problem.text and (content := _kept(problem)):
        return Found(content, DATASETS[problem.name].digest, "cache", str(path))
    path = cache.cache_folder() / DATASETS[problem.name].file.name
    try:
        return Found(*_decoded(problem, path), "cache", str(path)) if path.is_file() else None
    except DataError as error:
        say(f"{error}; it is fetched again")
        return None


def _kept(problem: Problem) -> prepare.Content | None:
    """The prepared content of a real text data set from the cache, when it is sound."""
    content, digest = cache.load_content(problem.name) or ({}, "")
    return content if digest == DATASETS[problem.name].digest else None


def _decoded(problem: Problem, path: Path, afresh: bool = False) -> tuple[prepare.Content, str]:
    """Content of one of Keras's files, and its digest; prepared text is kept in the cache."""
    dataset = DATASETS[problem.name]
    known = _sha256(path, dataset.file) == dataset.file.sha256
    if known and problem.text and not afresh and (content := _kept(problem)):
        return content, dataset.digest
    split = prepare.keras_split(problem, read_npz(path, dataset.arrays))
    labels = np.concatenate([split["y"], split["y_test"]])
    if problem.text and not ((labels >= 0) & (labels < 256)).all():
        # as bytes, which the digest is of, they might pass for others
        raise DataError(f"{path} has labels from {labels.min()} to {labels.max()}; replace it")
    content = prepare.text_content(split, problem.features) if problem.text else split
    digest = _checked(dataset, content, path)
    if problem.text:
        cache.save_content(problem.name, content)
        cache.save_sequences(problem.name, split)
    return content, digest


def _sha256(path: Path, file: File) -> str:
    try:
        size = path.stat().st_size
        if size <= MAX_FILE_BYTES:
            return file_digest(path)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error
    raise DataError(f"{path} has {size:,} bytes, expected about {file.size:,}; replace it")


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
    note = cache.cache_folder() / "unreachable"
    with suppress(OSError):
        age = time.time() - note.stat().st_mtime
        if remember and 0 <= age < UNREACHABLE_SECONDS and note.read_text() == base_url():
            raise Unreachable(f"{base_url()} could not be reached {age:.0f} s ago")
    try:
        return _download(file)
    except Unreachable:
        with suppress(OSError), replaced(note) as out:
            out.write(base_url().encode())
        raise


def _download(file: File) -> Path:
    try:
        return download(file, cache.cache_folder())
    except OSError as error:
        folder = _temporary_folder()
        say(f"cannot write to the cache {cache.cache_folder()} ({error.strerror}); using {folder}")
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
    return Found(content, digest, "embedded", embedded.origin(), real, notice)


def _generated(problem: Problem) -> Found:
    name = generated.name(problem)
    kept = cache.load_content(name)
    if kept is None:
        made = generated.sequences(problem)
        content = prepare.text_content(made, problem.features)
        kept = content, content_digest(content)
        cache.save_content(name, content)
        cache.save_sequences(name, made)
    notice = f"GENERATED DATA: a stand-in of the shape of {problem.title}, no real text"
    return Found(*kept, "generated", generated.origin(problem), False, notice)
