"""Fixtures: one long-lived process a framework, since the pytest process imports none itself."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import Phase, settings

from benchmarks.harness.process import Child
from common.framework import frameworks, plain_frameworks
from common.problem import PROBLEMS, Problem
from common.regime import MATCHED
from tests.command import checkout, here, twinbench  # noqa: F401

# `make mutants`: the same examples each time, and a failure is not made small, which takes seconds
settings.register_profile(
    "mutants",
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
)


os.environ["LANGUAGE"] = "en"  # the tests look for words in what a command prints

# folders whose tests start processes, those that take longest first
LONGEST = ("implementations", "parity", "twins", "faults", "cli", "harness", "explain", "speed")
LONGEST += ("run", "folds", "study", "data", "export", "lessons", "rows")


def pytest_configure(config: pytest.Config) -> None:
    """Of pytest-xdist: it would begin with the files of the most tests, however short they are."""
    config.option.loadscopereorder = False


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, so that no worker ends with one while the others have nothing to do."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.parent.name, len(places)))
    if os.environ.get("TWINBENCH_DATA_DIR"):
        return
    skip = pytest.mark.skip(reason="set TWINBENCH_DATA_DIR to the folder of the real data files")
    for item in items:
        if item.get_closest_marker("real_data"):
            item.add_marker(skip)


def installed(name: str) -> str:
    """The name of a framework; a test of one that is not installed is skipped, and says so."""
    found = frameworks()[name]
    if found.missing:
        pytest.skip(f"{found.name} is not installed: {found.install}")
    return name


@pytest.fixture(scope="session", params=plain_frameworks())
def framework_name(request: pytest.FixtureRequest) -> str:
    """Each framework in turn, without its variants."""
    return installed(request.param)


@contextmanager
def processes(programs: Path | None = None, **options: Any) -> Iterator[Callable[[str], Child]]:
    """The process of a framework by name: started when it is asked for and there is none alive.

    In the folder `programs` JAX and PyTorch keep what they compile: Keras has JAX compile anew for
    every Task, and PyTorch takes seconds for each.
    """
    running: dict[str, Child] = {}
    kept = {
        "JAX_COMPILATION_CACHE_DIR": str(programs),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
        "TORCHINDUCTOR_CACHE_DIR": str(programs),
    }

    def process_of(name: str) -> Child:
        if name not in running or running[name].connection.closed:
            with mock.patch.dict(os.environ, kept if programs else {}):
                running[name] = Child(installed(name), **options)
        return running[name]

    try:
        yield process_of
    finally:
        for process in running.values():
            process.close()


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the processes of these tests keep what they compile."""
    return tmp_path_factory.mktemp("programs")


@pytest.fixture(scope="session")
def process_of(programs: Path) -> Iterator[Callable[[str], Child]]:
    """For all files of tests, as an import takes seconds; one thread, so that numbers repeat."""
    with processes(programs, threads=1) as of:
        yield of


@pytest.fixture(scope="session")
def child(framework_name: str, process_of: Callable[[str], Child]) -> Child:
    """The process of each framework in turn."""
    return process_of(framework_name)


class RemoteTask:
    """A Task that lives in a framework's process, with the same methods."""

    regime = MATCHED

    def __init__(self, child: Child, problem: Problem, **options: Any) -> None:
        self._child = child
        options = {"regime": self.regime, **options}
        child.call("tests.calls:make", child.name, problem, **options)

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **options: self._child.call("tests.calls:ask", name, *args, **options)


@pytest.fixture(params=list(PROBLEMS))
def problem(request: pytest.FixtureRequest) -> Problem:
    """Each problem in turn, small: 40 features, 8-wide layers, batches of 16."""
    return PROBLEMS[request.param].but(features=40, hidden=(8, 8), batch_size=16)


@pytest.fixture
def rows(problem: Problem) -> tuple[Any, np.ndarray]:
    """70 rows of the problem's kind, a batch of 16 not dividing them; text as CSR."""
    return make_rows(problem, 70)


def make_rows(problem: Problem, n: int, seed: int = 0) -> tuple[Any, np.ndarray]:
    """`n` random rows of the problem's kind: multi-hot CSR, or dense float32."""
    from scipy import sparse

    rng = np.random.default_rng(seed)
    if problem.text:
        x: Any = sparse.csr_matrix((rng.random((n, problem.features)) < 0.1).astype(np.float32))
    else:
        x = rng.normal(size=(n, problem.features)).astype(np.float32)
    if problem.metric == "mae":
        return x, rng.normal(20, 5, n).astype(np.float32)
    return x, rng.integers(0, max(2, problem.outputs), n)


def error(a: np.ndarray | float, b: np.ndarray | float) -> float:
    """The parity error of one tensor: max|a - b| / max|b|."""
    gap = float(np.max(np.abs(np.subtract(a, b, dtype=np.float64))))
    return gap / float(np.max(np.abs(b))) if gap else 0.0
