"""The user's cache folder: downloaded files, and text that is already prepared.

Prepared text is plain arrays in an uncompressed `.npz`; a digest inside is checked at each load.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np
from platformdirs import user_cache_dir

from common.atomic import replaced
from common.data.dataset import DataError, say
from common.data.decode import Sequences, read_npz
from common.data.files import DATASETS, Array, Dataset, content_digest
from common.data.prepare import Content

VERSION = 1  # of the prepared files; a file of another version has another name

_CONTENT = {
    **{name: Array("|u1", (-1,)) for name in ("y", "y_test")},
    **{f"{name}_indptr": Array("<i4", (-1,)) for name in ("x", "x_test")},
    **{f"{name}_indices": Array("<u2", (-1,)) for name in ("x", "x_test")},
}
_SEQUENCES = {
    **{f"{name}_words": Array("<u2", (-1,)) for name in ("x", "x_test")},
    **{f"{name}_offsets": Array("<i8", (-1,)) for name in ("x", "x_test")},
}
_DIGEST = {"digest": Array("|u1", (-1,))}


def cache_folder() -> Path:
    """`TWINBENCH_CACHE_DIR`, or the place that the system has for a user's caches."""
    return Path(os.environ.get("TWINBENCH_CACHE_DIR") or user_cache_dir("twinbench"))


def content_path(name: str) -> Path:
    """Where the prepared content called `name` is kept; its sequences are next to it."""
    return cache_folder() / f"{name}-rows-v{VERSION}.npz"


def load_content(name: str) -> tuple[Content, str] | None:
    """Content and its digest; None when there is none, or it is damaged."""
    return _load(content_path(name), _CONTENT)


def save_content(name: str, content: Content) -> None:
    """Keep the content of a text problem."""
    _save(content_path(name), content)


def load_sequences(name: str) -> dict[str, Sequences] | None:
    """`x` and `x_test` as words in their order; None when there are none, or they are damaged."""
    loaded = _load(_sequences_path(name), _SEQUENCES)
    if loaded is None:
        return None
    arrays = loaded[0]
    return {x: Sequences(arrays[f"{x}_words"], arrays[f"{x}_offsets"]) for x in ("x", "x_test")}


def save_sequences(name: str, sequences: Mapping[str, Sequences]) -> None:
    """Keep `x` and `x_test` as words in their order."""
    arrays = {}
    for x in ("x", "x_test"):
        arrays[f"{x}_words"], arrays[f"{x}_offsets"] = sequences[x]
    _save(_sequences_path(name), arrays)


def _sequences_path(name: str) -> Path:
    return cache_folder() / f"{name}-words-v{VERSION}.npz"


def _load(path: Path, arrays: Mapping[str, Array]) -> tuple[Content, str] | None:
    if not path.is_file():
        return None
    try:
        found = read_npz(path, {**arrays, **_DIGEST})
    except DataError:
        return None
    digest = found.pop("digest").tobytes().decode("ascii", "replace")
    return (found, digest) if digest == content_digest(found) else None


def _save(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    digest = np.frombuffer(content_digest(arrays).encode(), np.uint8)
    try:
        with replaced(path) as file:
            # `allow_pickle` is no option before NumPy 2.2, but an array of that name
            np.savez(file, **arrays, digest=digest)  # type: ignore[arg-type]
    except OSError as error:
        say(f"cannot write to the cache {path.parent} ({error.strerror}); going on without it")


def clear() -> list[Path]:
    """Remove what twinbench put into the cache folder, and nothing else; the files removed."""
    removed = [path for path in contents() if _remove(path)]
    with suppress(OSError):
        cache_folder().rmdir()  # only when it is empty
    return removed


def contents() -> list[Path]:
    """The files of the cache folder that are twinbench's, unfinished ones too."""
    names = [*(file.name for d in DATASETS.values() for file in files_of(d)), "unreachable"]
    patterns = [*names, *(f"{name}.*.tmp" for name in names)]
    patterns += [f"{name}-*-v*.npz*" for name in DATASETS]
    return sorted({path for pattern in patterns for path in cache_folder().glob(pattern)})


def files_of(dataset: Dataset) -> list:
    """The files to download for a data set."""
    return [dataset.file, *([dataset.word_index] if dataset.word_index else [])]


def _remove(path: Path) -> bool:
    with suppress(OSError):
        path.unlink()
        return True
    return False
