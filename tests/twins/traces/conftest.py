"""Two recordings and their judgement."""

from __future__ import annotations

import pytest

from benchmarks.twins.traces.judge import judge_traces
from tests.twins.fake_models import recorded, rows


@pytest.fixture
def judged(tmp_path):
    """The judgement of a Keras model and its port on the same rows."""

    def judge(one, other, x=None, y=None, **options):
        x = rows() if x is None else x
        paths = [tmp_path / "keras.trace", tmp_path / "torch.trace"]
        for path, model, given in zip(paths, (one, other), (x, x if y is None else y), strict=True):
            recorded(path, model, given, **options)
        return judge_traces(*paths)

    return judge
