"""The real files: what Keras itself makes of them, known facts, and the cost of a second load."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from common.data import load, words
from common.data.files import DATASETS
from common.framework import frameworks
from common.problem import PROBLEMS

pytestmark = pytest.mark.real_data

FOLDER = os.environ.get("TWINBENCH_DATA_DIR", "")

# what the textbook does with `load_data`, word by word; text as the places of the ones
TEXTBOOK = """
import sys
import numpy as np
import keras

def vectorize(sequences, dimension=10000):
    results = np.zeros((len(sequences), dimension), dtype=bool)
    for i, sequence in enumerate(sequences):
        results[i, sequence] = 1.0
    return np.argwhere(results).astype(np.int32)

out = {}
(x, y), (xt, yt) = keras.datasets.mnist.load_data()
x = x.reshape((60000, 28 * 28)).astype("float32") / 255
xt = xt.reshape((10000, 28 * 28)).astype("float32") / 255
out["mnist"] = x, y, xt, yt
for name in ("imdb", "reuters"):
    (x, y), (xt, yt) = getattr(keras.datasets, name).load_data(num_words=10000)
    out[name] = vectorize(x), y, vectorize(xt), yt
(x, y), (xt, yt) = keras.datasets.boston_housing.load_data()
mean = x.mean(axis=0)
x -= mean
std = x.std(axis=0)
x /= std
xt -= mean
xt /= std
out["boston"] = x.astype("float32"), y.astype("float32"), xt.astype("float32"), yt.astype("float32")
for name, (x, y, xt, yt) in out.items():
    np.savez(f"{sys.argv[1]}/{name}.npz", x=x, y=y, x_test=xt, y_test=yt)
"""


@pytest.fixture(scope="module", autouse=True)
def real_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One cache for the module, so that the text is prepared once."""
    folder = tmp_path_factory.mktemp("cache")
    yield folder


@pytest.fixture(autouse=True)
def shared_cache(cache_dir: Path, real_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWINBENCH_CACHE_DIR", str(real_cache))
    monkeypatch.setenv("TWINBENCH_DATA_DIR", FOLDER)


@pytest.fixture(scope="module")
def textbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an `.npz` a problem, made by Keras in a process of its own."""
    keras = next((f for f in frameworks().values() if "keras" in f.requires), None)
    if keras is None or keras.missing:
        pytest.skip("Keras is not installed")
    home, out = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("out")
    (home / "datasets").symlink_to(Path(FOLDER).resolve())
    environment = {**os.environ, "KERAS_HOME": str(home), "CUDA_VISIBLE_DEVICES": "-1"}
    command = [sys.executable, "-c", TEXTBOOK, str(out)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return out


@pytest.mark.parametrize("name", list(PROBLEMS))
def test_equal_to_keras_element_by_element(name: str, textbook: Path) -> None:
    data = load(PROBLEMS[name], data="real")
    with np.load(textbook / f"{name}.npz", allow_pickle=False) as expected:
        for key in ("x", "y", "x_test", "y_test"):
            values: Any = getattr(data, key)
            if PROBLEMS[name].text and key.startswith("x"):
                assert (values.data == 1).all() and values.dtype == np.float32
                values = np.column_stack(values.nonzero())
            elif key.startswith("x"):
                assert values.dtype == expected[key].dtype
            np.testing.assert_array_equal(values, expected[key])


def test_known_facts() -> None:
    data = {name: load(problem, data="real") for name, problem in PROBLEMS.items()}
    imdb, reuters, boston, mnist = (data[n] for n in ("imdb", "reuters", "boston", "mnist"))
    assert imdb.y[0] == 1 and reuters.y[10] == 3 and boston.y[0] == np.float32(15.2)
    assert (reuters.x.shape[0], reuters.x_test.shape[0]) == (8_982, 2_246)
    assert (boston.x.shape[0], boston.x_test.shape[0]) == (404, 102)
    assert round(float(mnist.x.mean(dtype=np.float64)), 5) == 0.13066
    assert {0, 3}.isdisjoint(np.unique(imdb.x.indices).tolist())
    for name, loaded in data.items():
        assert len(loaded.y_test) == DATASETS[name].test_rows
        assert loaded.real and loaded.notice == "" and loaded.source in ("folder", "cache")


def test_words_of_the_first_review() -> None:
    imdb = load(PROBLEMS["imdb"], data="real")
    text = words(PROBLEMS["imdb"], imdb, 0)
    assert text.startswith("this film was just brilliant casting location scenery story direction")
    assert len(text.split()) == 217  # and the start: 218
    reuters = load(PROBLEMS["reuters"], data="real")
    from common.data.words import sequences

    kept = sequences(PROBLEMS["reuters"], reuters)["x"]
    row = kept.words[kept.offsets[10] : kept.offsets[11]]
    assert row[:6].tolist() == [1, 245, 273, 207, 156, 53]


COST = """
import json, resource, time
from common.data import load
from common.problem import PROBLEMS
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
before, started = peak(), time.process_time()
data = load(PROBLEMS["imdb"], data="real")
print(json.dumps({"seconds": time.process_time() - started, "bytes": peak() - before}))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in other units elsewhere")
def test_the_second_load_of_imdb_is_cheap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWINBENCH_CACHE_DIR", str(tmp_path / "fresh"))
    costs = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", COST], capture_output=True, text=True, check=True
        )
        costs.append(json.loads(done.stdout))
    first, second = costs
    dense = 25_000 * 10_000 * 4
    assert first["bytes"] < 0.75 * dense  # lists of Python integers, once
    assert second["bytes"] < 0.2 * dense  # two CSR matrices of 26 MB each and what is read
    assert second["seconds"] < first["seconds"] / 4  # processor time: the machine may be busy
