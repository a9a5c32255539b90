"""What one framework takes in one regime, method by method of the Task."""

import numpy as np

from benchmarks.harness import worker
from common.splits import hold_out


def rows(job, data):
    """The rows that train, as the regime holds them."""
    (x, y), _ = hold_out(worker.held(job, data.x), data.y, job.problem.validation)
    return x, y


def test_forward(benchmark, job, data, task):
    x, _ = rows(job, data)
    batch = x[: job.problem.batch_size]
    assert np.isfinite(benchmark(task.scores, batch)).all()


def test_step(benchmark, job, data, task):
    x, y = rows(job, data)
    x, y = x[: job.problem.batch_size], y[: job.problem.batch_size]
    assert np.isfinite(benchmark(task.train_step, x, y))


def test_epoch(benchmark, job, data, task):
    x, y = rows(job, data)
    order = task.order(len(y))

    def epoch():
        return task.fit(x, y, epochs=1, order=order)

    history = benchmark.pedantic(epoch, rounds=5, warmup_rounds=1)
    assert np.isfinite(history["loss"]).all()


def test_evaluate(benchmark, job, data, task):
    x = worker.held(job, data.x_test)
    metrics = benchmark.pedantic(task.evaluate, (x, data.y_test), rounds=5, warmup_rounds=1)
    assert np.isfinite(list(metrics.values())).all()


def test_convert(benchmark, task):
    """The whole state to NumPy and back."""
    benchmark(lambda: task.set_state(task.get_state()))
