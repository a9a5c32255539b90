"""Every test here has a cache of its own, no data folder, and a server that cannot be reached."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from common.data import cache, download, files, prepare
from common.data.decode import Sequences
from common.data.files import DATASETS, Array, Dataset, File
from common.problem import PROBLEMS
from common.say import say_once

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
    pretend(monkeypatch, "reuters", folder / "reuters.npz", {"x": x, "y": y})
    return folder


def pretend(
    monkeypatch: pytest.MonkeyPatch, name: str, path: Path, arrays: dict[str, np.ndarray]
) -> None:
    """Make a small file pass for a problem's published one."""
    problem = PROBLEMS[name]
    decoded: dict[str, Any] = dict(arrays)
    for key, array in arrays.items():
        if array.dtype.hasobject:
            lengths = [len(row) for row in array]
            offsets = np.concatenate([[0], np.cumsum(lengths)])
            decoded[key] = Sequences(np.concatenate(array).astype(np.int32), offsets)
    split = prepare.keras_split(problem, decoded)
    content = prepare.text_content(split, problem.features) if problem.text else split
    small = Dataset(
        File(path.name, path.stat().st_size, files.file_digest(path)),
        digest=files.content_digest(content),
        arrays={key: Array(a.dtype.str, a.shape) for key, a in arrays.items()},
        sequences=files.content_digest(cache.sequence_arrays(split)) if problem.text else "",
        word_index=DATASETS[name].word_index,
        idx=DATASETS[name].idx,
    )
    monkeypatch.setitem(DATASETS, name, small)
