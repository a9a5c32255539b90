"""Files that are written whole or not at all."""

from __future__ import annotations

import glob
import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_IMODE, S_ISREG
from typing import BinaryIO

UNFINISHED = ".twinbench.tmp"  # suffix of a file that is being written


@contextmanager
def replaced(path: Path) -> Iterator[BinaryIO]:
    """A new file that replaces `path` at the end of the block, once it is on the disk.

    Two processes may write at once: each has a temporary file of its own, and the last one stays. A
    link stays a link, and an existing file keeps its permissions. The next writer removes what a
    killed process has left of the same file. A device or a pipe is written to, all at once.
    """
    if _is_no_file(path):
        yield from _into(path)
        return
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(path)
    file, temporary = _own_temporary(path)
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            # mkstemp makes it readable by its owner alone
            os.chmod(temporary, S_IMODE(path.stat().st_mode) if path.exists() else 0o644)
            if os.name == "nt":  # Windows renames no file that is open
                file.close()
            os.replace(temporary, path)  # before the lock is gone
    except BaseException as error:
        with suppress(OSError):
            os.unlink(temporary)
        if isinstance(error, OSError) and error.filename is None:
            error.filename = str(path)  # what a full disk raises does not say where
        raise


def _is_no_file(path: Path) -> bool:
    """Whether `path`, which stays unresolved since /dev/stdout resolves to no path, is no file."""
    try:
        return not S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        return False


def _into(path: Path) -> Iterator[BinaryIO]:
    """Collect the bytes in memory, then write them to `path`; after an error write nothing."""
    content = io.BytesIO()
    yield content
    try:
        with open(path, "wb") as file:
            file.write(content.getbuffer())
    except OSError as error:
        error.filename = str(path)
        raise


def _own_temporary(path: Path) -> tuple[BinaryIO, str]:
    """A new file beside `path`, locked while it is open: the system unlocks those of the dead."""
    while True:
        handle, name = tempfile.mkstemp(prefix=f"{path.name}.", suffix=UNFINISHED, dir=path.parent)
        with suppress(OSError):  # without locks no other process can remove it either
            _lock(handle, wait=True)
        if os.path.exists(name):  # else another process removed it before it was locked
            return open(handle, "wb"), name
        os.close(handle)


def _remove_abandoned(path: Path) -> None:
    """Remove the temporary files of `path` that no living process has locked."""
    for other in path.parent.glob(f"{glob.escape(path.name)}.????????{UNFINISHED}"):
        with suppress(OSError), open(other, "rb") as file:
            _lock(file.fileno(), wait=False)
            os.unlink(other)


def _lock(handle: int, *, wait: bool) -> None:
    """Lock an open file; raises OSError if it is locked already and `wait` is false.

    Windows needs no lock: it removes no file that is open.
    """
    try:
        import fcntl
    except ImportError:
        return
    fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
