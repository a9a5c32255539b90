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
from common.data.decode import Sequences, read_npz
from common.data.files import DATASETS, Array, Dataset, content_digest
from common.data.prepare import Content
from common.say import say_once

VERSION = 2  # of the prepared files; a file of another version has another name
MANIFEST = "twinbench-wrote.jsonl"  # one line per file
UNREACHABLE = "twinbench-unreachable"  # the server that could not be reached, as old as the file

_CONTENT = {
    **{name: Array("|u1", (-1,)) for name in ("y", "y_test")},
    **{f"{name}_indptr": Array("<i4", (-1,)) for name in ("x", "x_test")},
    **{f"{name}_indices": Array("<u2", (-1,)) for name in ("x", "x_test")},
}
_SEQUENCES = {
    **{f"{name}_words": Array("<u2", (-1,)) for name in ("x", "x_test")},
    **{f"{name}_offsets": Array("<i8", (-1,)) for name in ("x", "x_test")},
}


def cache_folder() -> Path:
    """`TWINBENCH_CACHE_DIR`, or the place that the system has for a user's caches."""
    return Path(os.environ.get("TWINBENCH_CACHE_DIR") or user_cache_dir("twinbench"))


def content_path(name: str) -> Path:
    """Where the prepared content called `name` is kept; its sequences are next to it."""
    return cache_folder() / f"{name}-rows-v{VERSION}.npz"


def load_content(name: str, digest: str) -> Content | None:
    """The content with that digest; None when it is not there."""
    return _load(content_path(name), _CONTENT, digest)


def save_content(name: str, content: Content, digest: str) -> None:
    """Keep the content of a text problem, if it has that digest."""
    _save(content_path(name), content, digest)


def load_sequences(name: str, digest: str) -> dict[str, Sequences] | None:
    """`x` and `x_test`, words in their order, with that digest; None when they are not there."""
    arrays = _load(_sequences_path(name), _SEQUENCES, digest)
    if arrays is None:
        return None
    return {x: Sequences(arrays[f"{x}_words"], arrays[f"{x}_offsets"]) for x in ("x", "x_test")}


def save_sequences(name: str, sequences: Mapping[str, Any], digest: str) -> None:
    """Keep `x` and `x_test` as words in their order, if they have that digest."""
    _save(_sequences_path(name), sequence_arrays(sequences), digest)


def sequence_arrays(sequences: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """The arrays of `x` and `x_test`, of which `Dataset.sequences` is the digest."""
    arrays = {}
    for x in ("x", "x_test"):
        arrays[f"{x}_words"], arrays[f"{x}_offsets"] = sequences[x]
    return arrays


def _sequences_path(name: str) -> Path:
    return cache_folder() / f"{name}-words-v{VERSION}.npz"


def _load(path: Path, arrays: Mapping[str, Array], digest: str) -> Content | None:
    if not path.is_file():
        return None
    try:
        content = read_npz(path, arrays)
    except DataError:
        return None
    return content if content_digest(content) == digest else None


def _save(path: Path, arrays: Mapping[str, np.ndarray], digest: str) -> None:
    if content_digest(arrays) != digest:  # it would not be believed
        return
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
    names = {file.name for dataset in DATASETS.values() for file in files_of(dataset)}
    names |= {UNREACHABLE, "unreachable"}  # the second one of before there was a manifest
    prepared = {f"{name}-*-v*.npz" for name in DATASETS}
    patterns = [*names, *prepared, *(f"{name}.????????{UNFINISHED}" for name in names | prepared)]
    return sorted({path for pattern in patterns for path in cache_folder().glob(pattern)})


def files_of(dataset: Dataset) -> list:
    """The files to download for a data set."""
    return [dataset.file, *([dataset.word_index] if dataset.word_index else [])]


def _remove(path: Path) -> bool:
    with suppress(OSError):
        path.unlink()
        return True
    return False
