"""What a worker measures of a short run, by hand."""

from __future__ import annotations

import numpy as np

from benchmarks.records.job import Job
from common.problem import PROBLEMS
from common.regime import MATCHED

JOB = Job(PROBLEMS["boston"].but(epochs=3), "a", MATCHED, seed=4, threads=2, content="sha256:0")


def measured(**changes):
    return {
        "data": {"source": "folder", "origin": "f", "digest": "d", "real": True, "notice": ""},
        "metrics": {"loss": np.float32(9.5), "mae": 2.5},
        "history": {"loss": [3.0, 2.0, 1.0], "mae": [3.0, 2.0, 1.0]},
        "epoch_seconds": [0.5, 0.2, 0.2],
        "validation_seconds": [],
        "steady_epoch_seconds": 0.2,
        "first_epoch_seconds": 0.5,
        "total_seconds": 4.0,
        "samples_per_second": 2020.0,
        "peak_rss_bytes": 1 << 28,
        "import_rss_bytes": 1 << 27,
        "stages": {"import": 2.0, "data": 0.1, "build": 0.1, "fit": 0.9, "evaluate": 0.1},
        "threads": 2,
        "versions": {"python": "3"},
        "settings": {"changed": {"epochs": 3}},
        "surroundings": {"load_before": 0.1, "others_cpu_share": 0.0, "steal_share": 0.0},
        **changes,
    }
