"""What the data layer takes."""

import pytest

from common.data import load
from common.data.prepare import multi_hot
from common.data.words import sequences


def test_load(benchmark, job):
    load(job.problem)  # the cache is warm
    assert len(benchmark(load, job.problem).y)


def test_vectorise(benchmark, job, data):
    if not job.problem.text:
        pytest.skip("no text")
    words = sequences(job.problem, data)["x"]
    assert benchmark(multi_hot, words, job.problem.features).shape == data.x.shape
