"""The user's cache folder: downloaded files, and text that is already prepared.

Prepared text is plain arrays in an uncompressed `.npz`, believed if it has the digest that is known
of it. A manifest has every file that twinbench writes here: nothing else is removed or replaced.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from platformdirs import user_cache_dir

from common.atomic import UNFINISHED, replaced
from common.data.dataset import DataError
from common.data.decode import read_npz
from common.data.files import DATASETS, content_digest
from common.say import say_once

VERSION = 2  # of the prepared files; a file of another version has another name
MANIFEST = "twinbench-wrote.jsonl"  # one line per file
UNREACHABLE = "twinbench-unreachable"  # the server that could not be reached, as old as the file


def cache_folder() -> Path:
    """`TWINBENCH_CACHE_DIR`, or the place that the system has for a user's caches."""
    return Path(os.environ.get("TWINBENCH_CACHE_DIR") or user_cache_dir("twinbench"))


def prepared_path(name: str) -> Path:
    """Where prepared arrays are kept, e.g. "imdb-rows" or "imdb-words"."""
    return cache_folder() / f"{name}-v{VERSION}.npz"


def load_prepared(name: str, digest: str) -> dict[str, np.ndarray] | None:
    """The arrays with that digest; None when they are not there or damaged."""
    path = prepared_path(name)
    if path.is_file():
        with suppress(DataError):
            arrays = read_npz(path)
            return arrays if content_digest(arrays) == digest else None
    return None


def save_prepared(name: str, arrays: Mapping[str, np.ndarray], digest: str) -> None:
    """Keep arrays, if they have that digest: others would not be believed."""
    if content_digest(arrays) != digest:
        return
    path = prepared_path(name)
    try:
        with written(path) as file:
            # `allow_pickle` is no option before NumPy 2.2, but an array of that name
            np.savez(file, **arrays)  # type: ignore[arg-type]
    except OSError as error:
        say_once(f"cannot write to the cache {path.parent} ({error.strerror}); going on without it")


@contextmanager
def written(path: Path) -> Iterator[BinaryIO]:
    """`replaced` for a file of the cache folder, which is in the manifest before it has its name.

    Raises FileExistsError when a file is there that twinbench did not write.
    """
    _refuse_others(path)
    with replaced(path) as file:
        _enter(path, draft_inode=os.fstat(file.fileno()).st_ino)
        yield file
        file.flush()
        status = os.fstat(file.fileno())
        _refuse_others(path)
        _enter(path, size=status.st_size, mtime_ns=status.st_mtime_ns)


def _refuse_others(path: Path) -> None:
    if os.path.lexists(path) and not _wrote(path):
        reason = f"{path.name} is there, but not as twinbench wrote it: remove it by hand"
        raise FileExistsError(errno.EEXIST, reason, str(path))


def _enter(path: Path, **facts: int) -> None:
    line = json.dumps({"file": path.name, **facts})
    with open(path.parent / MANIFEST, "ab") as manifest:
        # one write, so that processes may do it at once; first the end of what a full disk cut off
        manifest.write(f"\n{line}\n".encode())


def _entries(folder: Path) -> list[Any]:
    entries = []
    with suppress(OSError):
        for line in (folder / MANIFEST).read_bytes().splitlines():
            with suppress(ValueError, RecursionError):
                entries.append(json.loads(line))
    return [entry for entry in entries if isinstance(entry, dict) and "file" in entry]


def _wrote(path: Path) -> bool:
    """Does the manifest have this file, and has nobody written to it since?"""
    try:
        status = path.lstat()
    except OSError:
        return False
    entries = _entries(path.parent)  # afterwards: what has its name by now is entered
    if path.name.endswith(UNFINISHED):
        name = path.name[: -len(f".????????{UNFINISHED}")]
        return {"file": name, "draft_inode": status.st_ino} in entries
    facts = {"size": status.st_size, "mtime_ns": status.st_mtime_ns}
    return {"file": path.name, **facts} in entries


def clear() -> tuple[list[Path], list[Path]]:
    """Remove what twinbench wrote into the cache folder; the files removed, and those left.

    Left is what only has the name of a file of twinbench's: that of another one, or changed since.
    """
    removed = [path for path in contents() if _wrote(path) and _remove(path)]
    left = contents()
    if _entries(cache_folder()) and not any(map(_wrote, left)):
        _remove(cache_folder() / MANIFEST)
    return removed, left


def contents() -> list[Path]:
    """The files of the cache folder that have names of twinbench's, unfinished ones too."""
    names = {file.name for dataset in DATASETS.values() for file in dataset.files}
    names |= {UNREACHABLE, "unreachable"}  # the second one of before there was a manifest
    prepared = {f"{name}-*-v*.npz" for name in DATASETS}
    patterns = [*names, *prepared, *(f"{name}.????????{UNFINISHED}" for name in names | prepared)]
    return sorted({path for pattern in patterns for path in cache_folder().glob(pattern)})


def _remove(path: Path) -> bool:
    with suppress(OSError):
        path.unlink()
        return True
    return False
