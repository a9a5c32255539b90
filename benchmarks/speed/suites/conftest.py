"""What the benchmarks are run for: one framework per process, as `make bench` starts them."""

from __future__ import annotations

import os

import pytest

from benchmarks.harness import worker
from benchmarks.records.job import Job
from common.framework import framework
from common.problem import PROBLEMS
from common.regime import REGIMES


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("twinbench")
    group.addoption("--framework", default="keras", help="whose benchmarks")
    group.addoption("--regime", default="tuned", choices=list(REGIMES))
    group.addoption("--problems", default=",".join(PROBLEMS), help="comma list")


def pytest_configure(config: pytest.Config) -> None:
    """What the framework reads before its import."""
    name, regime = config.getoption("--framework"), REGIMES[config.getoption("--regime")]
    os.environ.update(framework(name).environment(regime, "cpu", None))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "job" in metafunc.fixturenames:
        config = metafunc.config
        name, regime = config.getoption("--framework"), REGIMES[config.getoption("--regime")]
        problems = config.getoption("--problems").split(",")
        jobs = [Job(PROBLEMS[problem], name, regime) for problem in problems]
        metafunc.parametrize("job", jobs, ids=problems, scope="module")


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
