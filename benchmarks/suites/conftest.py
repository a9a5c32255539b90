"""What the benchmarks are run for: one framework and regime a process, by `twinbench bench`."""

from __future__ import annotations

import pytest

from benchmarks import worker
from benchmarks.plan import Job
from common.problem import PROBLEMS
from common.regime import REGIMES


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("twinbench")
    group.addoption("--framework", help="whose benchmarks; none: those of the data alone")
    group.addoption("--regime", default="matched", choices=list(REGIMES))
    group.addoption("--problems", default=",".join(PROBLEMS), help="comma list")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "job" in metafunc.fixturenames:
        config = metafunc.config
        name, regime = config.getoption("--framework"), REGIMES[config.getoption("--regime")]
        problems = config.getoption("--problems").split(",")
        jobs = [Job(PROBLEMS[problem], name or "", regime) for problem in problems]
        metafunc.parametrize("job", jobs, ids=problems, scope="module")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Those of the data need no framework, all others need one."""
    named = bool(config.getoption("--framework"))
    other = [item for item in items if named == ("bench_data" in item.nodeid)]
    config.hook.pytest_deselected(items=other)
    items[:] = [item for item in items if item not in other]


@pytest.fixture(scope="module")
def data(job):
    """The job's data; its rows as the regime holds them."""
    return worker.planned_data(job)


@pytest.fixture
def task(job):
    """A fresh Task."""
    return worker.task_of(job)


@pytest.fixture(autouse=True)
def grouped(request):
    """The benchmarks of one problem beside each other."""
    if "benchmark" in request.fixturenames:
        request.getfixturevalue("benchmark").group = request.getfixturevalue("job").problem.name
