"""What a user imports, and nothing else: `common` and `benchmarks` are nobody's public names.

In a notebook `%load_ext twinbench` adds the cells `%%keras`, `%%torch`, `%%jax` and `%%each`, which
run in each framework's own process. `record` writes down what flows through a model of yours. No
framework is imported here.
"""

from benchmarks.harness.process import Child
from benchmarks.lessons.notebook import load_ipython_extension
from benchmarks.records.record import read_records
from common.data import load
from common.framework import framework, frameworks
from common.problem import PROBLEMS, Problem
from common.regime import REGIMES, Regime
from common.task import Task
from common.twins.twinbench_record import record

__all__ = [
    "PROBLEMS",
    "REGIMES",
    "Child",
    "Problem",
    "Regime",
    "Task",
    "framework",
    "frameworks",
    "load",
    "load_ipython_extension",
    "read_records",
    "record",
]
