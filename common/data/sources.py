"""Where a problem's data comes from: a folder, the cache, a download, or what is embedded."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import tempfile
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, get_args

from common.atomic import replaced
from common.data import cache, embedded, generated, prepare
from common.data.dataset import Data, DataError
from common.data.decode import check_arrays, read_idx, read_npz, read_pinned, read_text
from common.data.download import Unreachable, download
from common.data.files import DATASETS, File, base_url, content_digest
from common.problem import Problem
from common.say import say_once

Choice = Literal["auto", "real", "embedded"]
PLANNED = ("folder", "cache")

UNREACHABLE_SECONDS = 600.0  # how long `auto` remembers that the server could not be reached


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
        return _planned(problem, data, Path(data_dir or ""))
    real = None if data == "embedded" else _real(problem, data, data_dir)
    return real or _stand_in(problem)


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
        return generated.sequences(problem) if problem.text else embedded.content(problem)
    folder = Path(data_dir or "")
    paths = DATASETS[problem.name].paths(folder)
    if not paths:
        raise _gone(problem, folder)
    return _split(problem, paths)


def data_folder(data_dir: str | Path | None) -> Path | None:
    """The user's folder of data files; DataError when one is named that is no folder."""
    named = data_dir or os.environ.get("TWINBENCH_DATA_DIR")
    if named and not Path(named).is_dir():
        raise DataError(f"{named} is not a folder; mend --data-dir or TWINBENCH_DATA_DIR")
    return Path(named) if named else None


def _planned(problem: Problem, data: str, folder: Path) -> Data:
    """What the plan found in that folder; DataError when it is not there any more."""
    read = read_folder if data == "folder" else read_cache
    planned = read(problem, folder)
    if planned is None:
        raise _gone(problem, folder)
    return planned


def _gone(problem: Problem, folder: Path) -> DataError:
    return DataError(
        f"{DATASETS[problem.name].file.name} of {problem.name} is not in {folder}, where the plan "
        "found it; put it there, or start the command again to make another plan"
    )


def _real(problem: Problem, data: str, data_dir: str | Path | None) -> Data | None:
    dataset, folder = DATASETS[problem.name], data_folder(data_dir)
    if folder:
        if own := read_folder(problem, folder):
            return own
        idx = " and no complete set of IDX files" if dataset.idx else ""
        say_once(f"{folder} has no {dataset.file.name}{idx}: trying the cache, then a download")
    try:
        if cached := read_cache(problem, cache.cache_folder()):
            return cached
    except DataError as error:
        say_once(f"{error}; it is fetched again")
    try:
        path = fetch(dataset.file, remember=data == "auto")
        fetched = read_folder(problem, path.parent)
        assert fetched is not None
        return replace(fetched, source="download", origin=base_url() + path.name)
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


def read_folder(problem: Problem, folder: Path, *, afresh: bool = False) -> Data | None:
    """The data in a folder's files; None when it lacks them, DataError if they are bad.

    `afresh` decodes text again even when the cache has it prepared.
    """
    dataset = DATASETS[problem.name]
    paths = dataset.paths(folder)
    if not paths:
        return None
    path = folder if len(paths) > 1 else paths[0]
    content = None
    if problem.text and not afresh:
        read_pinned(path, dataset.file)
        content = real_text(problem).content()
    if content is None:
        split = _split(problem, paths)
        content = prepare.text_content(split, problem.features) if problem.text else split
        if (digest := content_digest(content)) != dataset.digest:
            raise DataError(
                f"{path} holds other data than the published: digest {digest}, expected "
                f"{dataset.digest}; replace it by {base_url()}{dataset.file.name}"
            )
        if problem.text:
            real_text(problem).keep(split, content)
    return Data(
        **prepare.arrays(problem, content),
        source="folder",
        origin=str(path),
        digest=dataset.digest,
        place=os.path.abspath(folder),
    )


def _split(problem: Problem, paths: list[Path]) -> dict[str, Any]:
    """`x, y, x_test, y_test` as Keras has them, from the paths that `Dataset.paths` gives."""
    dataset, path = DATASETS[problem.name], paths[0]
    if problem.text:
        arrays = read_text(path, dataset.file)
    elif len(paths) == 1:
        arrays = read_npz(path)
        check_arrays(path, arrays, dataset.arrays)
    else:
        idx = zip(dataset.idx, paths, strict=True)
        arrays = {name: read_idx(path, dataset.arrays[name]) for name, path in idx}
    return prepare.keras_split(problem, arrays)


def real_text(problem: Problem) -> prepare.Text:
    """The prepared form of a real text."""
    dataset = DATASETS[problem.name]
    return prepare.Text(problem.name, dataset.digest, dataset.sequences)


def read_cache(problem: Problem, folder: Path) -> Data | None:
    """Text that is prepared, else the files of a folder of downloads; DataError if one is bad."""
    text = real_text(problem)
    if problem.text and (content := text.content()):
        return Data(
            **prepare.arrays(problem, content),
            source="cache",
            origin=str(cache.prepared_path(f"{problem.name}-rows")),
            digest=text.digest,
            place=os.path.abspath(folder),
        )
    data = read_folder(problem, folder)
    return replace(data, source="cache") if data else None


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
        content = download(file)
    except Unreachable:
        with suppress(OSError), cache.written(note) as out:
            out.write(base_url().encode())
        raise
    path = cache.cache_folder() / file.name
    try:
        with cache.written(path) as out:
            out.write(content)
    except OSError as error:
        path = _temporary_folder() / file.name
        kept = f"cannot write to the cache {cache.cache_folder()} ({error.strerror})"
        say_once(f"{kept}; using {path.parent}")
        with replaced(path) as out:
            out.write(content)
    return path


@functools.cache
def _temporary_folder() -> Path:
    """A folder that is removed when the process ends."""
    folder = tempfile.mkdtemp(prefix="twinbench-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _stand_in(problem: Problem) -> Data:
    if problem.text:
        return _generated(problem)
    content = embedded.content(problem)
    digest = content_digest(content)
    return Data(
        **prepare.arrays(problem, content),
        source="embedded",
        origin=embedded.origin(),
        digest=digest,
        real=digest == DATASETS[problem.name].digest,
        notice=embedded.NOTICES[problem.name],
    )


def _generated(problem: Problem) -> Data:
    text = generated.TEXTS[problem.name]
    content, digest = text.content(), text.digest
    if content is None:
        split = generated.sequences(problem)
        content = prepare.text_content(split, problem.features)
        digest = content_digest(content)  # with another NumPy perhaps another one
        text.keep(split, content)
    return Data(
        **prepare.arrays(problem, content),
        source="generated",
        origin=generated.origin(problem),
        digest=digest,
        real=False,
        notice=f"GENERATED DATA: a stand-in of the shape of {problem.title}, no real text",
    )
