"""The same seed, framework, machine and thread count give the same bits in another process."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from benchmarks.cli.main import main
from benchmarks.harness.process import Child
from benchmarks.records.job import Job
from common.framework import framework, plain_frameworks
from common.problem import PROBLEMS
from common.regime import MATCHED, NATIVE, Regime
from tests.conftest import make_rows

pytestmark = pytest.mark.long

STRICT = replace(MATCHED, deterministic=True)  # last: TensorFlow cannot leave it again
REGIMES = {"native": NATIVE, "matched": MATCHED, "deterministic": STRICT}
ROWS = 600  # an epoch of several batches with a smaller last one, in every problem
WORDS = 2000  # of the 10,000: wide enough to be shared by two threads
SWITCHED_ON = {  # how a framework tells that only deterministic kernels are left, if it has others
    "keras": "tensorflow.python.framework.config:is_op_determinism_enabled",
    "torch": "torch:are_deterministic_algorithms_enabled",
}


def train(name: str, regime: Regime, seeds: list[int]) -> dict[str, Any]:
    """In a Child: two epochs of every problem with its real layers; all that must repeat."""
    found = {}
    for published in PROBLEMS.values():
        problem = published.but(features=WORDS if published.text else None)
        x, y = make_rows(problem, ROWS)
        for seed in seeds:
            task = framework(name).task_class()(problem, regime=regime, seed=seed)
            history = task.fit(x, y, epochs=2, order=task.order(ROWS), validation=(x[:99], y[:99]))
            found[f"{problem.name} {seed}"] = {
                "history": {k: v for k, v in history.items() if not k.endswith("_seconds")},
                "metrics": task.evaluate(x, y),
                "state": {k: _digest(v) for k, v in task.get_state().items()},
                "predictions": _digest(task.predict(x)),
            }
    return found


def _digest(array: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


@pytest.fixture(scope="module")
def twice(framework_name) -> list[dict[str, Any]]:
    """What two fresh processes with two threads found, by regime."""
    runs = []
    for _ in range(2):
        with Child(framework_name, regime=STRICT, threads=2) as child:
            target, run = "tests.implementations.test_determinism:train", {}
            for name, regime in REGIMES.items():
                seeds = [3, 4] if name == "matched" else [3]
                run[name] = child.call(target, framework_name, regime, seeds)
                asked = SWITCHED_ON.get(framework_name)
                run[name, "switched on"] = asked and child.call(asked)
            runs.append(run)
    return runs


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("regime", REGIMES)
def test_two_processes_agree_in_every_bit(twice, regime, problem):
    first, second = (run[regime][f"{problem} 3"] for run in twice)
    assert {"loss", "val_loss"} <= first["history"].keys()
    assert first == second


@pytest.mark.parametrize("problem", PROBLEMS)
def test_another_seed_differs_in_every_weight(twice, problem):
    """So that the digests above are known to see a difference."""
    first, other = (twice[0]["matched"][f"{problem} {seed}"] for seed in (3, 4))
    same = [name for name, digest in first["state"].items() if other["state"][name] == digest]
    assert same == ["step"]
    assert first["metrics"] != other["metrics"]


def test_the_switch_reaches_the_framework_and_is_off_by_default(twice, framework_name):
    if framework_name not in SWITCHED_ON:
        pytest.skip(f"{framework_name} has deterministic kernels alone on the cpu")
    assert [twice[0][name, "switched on"] for name in REGIMES] == [False, False, True]


def test_a_process_is_started_for_deterministic_kernels_only_when_asked():
    """cuBLAS reads its variable when it starts; without it PyTorch refuses to multiply on CUDA."""
    environment = framework("torch").environment
    assert environment(STRICT, "cuda", 2)["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"
    assert "CUBLAS_WORKSPACE_CONFIG" not in environment(MATCHED, "cuda", 2)


def test_a_deterministic_run_is_another_run_and_says_so():
    plain, strict = (Job(PROBLEMS["boston"], "torch", regime) for regime in (MATCHED, STRICT))
    assert (plain.changed, strict.changed) == ({}, {"deterministic": True})
    assert plain.key != strict.key


@pytest.mark.skipif(find_spec("mlxtend") is None, reason="the embedded houses need mlxtend")
def test_two_records_of_the_command_line_have_the_same_numbers(tmp_path, capsys):
    installed = plain_frameworks(installed=True)
    if not installed:
        pytest.skip("no framework is installed")
    command = ["run", "boston", "--epochs", "2", "--regime", "native", "--data", "embedded"]
    command += ["--deterministic", "--threads", "2", "--json", "--framework", ",".join(installed)]
    runs = []
    for folder in ("first", "second"):
        assert main([*command, "--results", str(tmp_path / folder)]) == 0
        records = json.loads(capsys.readouterr().out)["results"]
        runs.append({r["framework"]: (r["metrics"], r["history"]) for r in records})
        for record in records:
            assert record["settings"]["regime"]["deterministic"] is True
            assert record["settings"]["changed"]["deterministic"] is True
    assert set(runs[0]) == set(installed)
    assert runs[0] == runs[1]
