"""Limits and growth: what is counted, what is fitted, and small real runs of both commands."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys

import numpy as np
import pytest

from benchmarks.cli.main import main
from benchmarks.records.job import Job
from benchmarks.show.section import markdown
from benchmarks.speed import limit_table as limit_report
from benchmarks.speed import scale_table as scale_report
from benchmarks.speed.limit import harness_seconds, reached, work
from benchmarks.speed.scale import AXES, along, growths
from common.framework import plain_frameworks
from common.problem import PROBLEMS
from common.regime import MATCHED, TUNED
from tests.command import ROOT
from tests.sample_records import but, made

BOSTON = PROBLEMS["boston"]
INSTALLED = plain_frameworks(installed=True)
needs_framework = pytest.mark.skipif(not INSTALLED, reason="no framework is installed")


def test_the_flop_and_bytes_of_a_step_are_counted_by_hand():
    tiny = BOSTON.but(features=3, hidden=(5,), batch_size=2)
    flop, least = work(tiny)
    # 2 x (forward, kernel) x 2 rows x 3 x 5, and 3 products of the output layer
    assert flop == 2 * 2 * 2 * 3 * 5 + 2 * 3 * 2 * 5 * 1
    weights, activations = (3 + 1) * 5 + (5 + 1) * 1, 2 * (5 + 1)
    assert least == 4 * (2 * 3 + 4 * activations + 6 * weights)
    flop, least = work(tiny, nonzeros=4)
    assert flop == 2 * 2 * 4 * 5 + 2 * 3 * 2 * 5
    assert least == 4 * (2 * 4 + 4 * activations + 6 * weights)


def limited(dense: float, sparse: float | None, epoch: float = 0.1):
    limit = {"dense": dense, "sparse": sparse, "flop": 1e6, "bytes": 1e6, "steps": 10}
    limit |= {"flops": 1e11, "bandwidth": 1e10, "harness": 1e-5}
    fields = {"kind": "limit", "problem": "imdb", "framework": "torch", "regime": "tuned"}
    return made(**fields, steady_epoch_seconds=epoch, limit=limit)


def test_the_harness_costs_little_and_something():
    assert 0 < harness_seconds(BOSTON, 404) < harness_seconds(BOSTON, 40_400)


def test_the_share_of_the_limit_is_that_of_the_better_products(tmp_path):
    (arm,) = reached([limited(0.004, 0.002)] * 3)
    assert arm.dense == pytest.approx(0.04) and arm.share == pytest.approx(0.2)
    assert arm.achieved == pytest.approx(1e8) and arm.roof == pytest.approx(1e10)
    (arm,) = reached([limited(0.004, None)])
    assert arm.sparse is None and arm.share == pytest.approx(0.4)
    other = but(limited(0.004, 0.001), framework="keras")
    shares = [arm.share for arm in reached([limited(0.004, 0.002), other])]
    assert shares == pytest.approx([0.1, 0.1])
    slow = limited(0.011, 0.002)  # dense products alone take longer than the epoch of 100 ms
    (arm,) = reached([slow])
    assert arm.dense > arm.epoch and arm.share == pytest.approx(0.2)
    (arm,) = reached([limited(0.011, None)])
    assert arm.share is None
    text = markdown(limit_report.page([slow], tmp_path / "limit"))
    assert "| 110.0 (no limit) | 20.0 | 20% |" in text and "longer alone than the epoch" in text
    text = markdown(limit_report.page([limited(0.004, 0.002)], tmp_path / "limit"))
    assert "| imdb | torch | tuned | 100.0 | 0.010 | 40.0 | 20.0 | 20% |" in text


def test_the_roofline_is_drawn(tmp_path):
    pytest.importorskip("altair")
    (section,) = limit_report.page([limited(0.004, 0.002)], tmp_path / "limit")
    assert [path.name for path in section.figures] == ["limit.png", "limit.svg"]


def test_along_an_axis_one_thing_changes():
    job = Job(BOSTON, "torch", TUNED, threads=2)
    for axis, values in AXES.items():
        jobs = along(job, axis, values)
        assert [each.value for each in jobs] == list(values)
        assert len({each.key for each in jobs}) == len(values)
    assert [j.problem.batch_size for j in along(job, "batch", (16, 64))] == [16, 64]
    assert [j.problem.hidden for j in along(job, "width", (1, 2))] == [(64, 64), (128, 128)]
    assert [j.threads for j in along(job, "threads", (1, 2))] == [1, 2]


def grown(value: int, seconds: float, axis="rows"):
    fields = {"kind": "scale", "problem": "boston", "framework": "torch", "regime": "tuned"}
    point = {"axis": axis, "value": value, "steady_epoch_seconds": seconds}
    return made(**fields, **point, peak_rss_bytes=2**30)


def test_the_exponent_is_that_of_the_power_law():
    (growth,) = growths([grown(n, 0.01 * n**1.5) for n in (1, 2, 4, 8)])
    assert growth.time_exponent == pytest.approx(1.5) and abs(growth.memory_exponent) < 1e-12
    (alone,) = growths([grown(1, 0.01)])
    assert math.isnan(alone.time_exponent)


@needs_framework
@pytest.mark.parametrize("report", [scale_report, limit_report])
def test_both_commands_measure_and_show(report, tmp_path, capsys):
    pytest.importorskip("altair")
    command = report.__name__.rpartition(".")[2].removesuffix("_table")
    arguments = [command, "boston", "--rounds", "1", "--threads", "1", "--data", "embedded"]
    arguments += ["--framework", INSTALLED[-1], "--results", str(tmp_path)]
    arguments += ["--axis", "rows"] if command == "scale" else []
    assert main([*arguments, "--json"]) == 0
    records = json.loads(capsys.readouterr().out)["results"]
    assert {each["kind"] for each in records} == {command}
    if command == "scale":
        assert sorted(each["value"] for each in records) == list(AXES["rows"])
        steps = [each["settings"]["problem"]["epochs"] for each in records]
        assert set(steps) == {4}
    else:
        (limit,) = (each["limit"] for each in records)
        assert limit["steps"] == 26 and limit["sparse"] is None
        assert limit["dense"] > 0 and np.isfinite([limit["flops"], limit["bandwidth"]]).all()
    assert main(arguments) == 0
    assert "(was there)" in capsys.readouterr().err
    assert list(tmp_path.glob(f"{command}*.png"))


@needs_framework
def test_the_products_of_sparse_rows_are_those_of_the_batch(child):
    seconds = child.call("tests.speed.test_growth:products_of_text", child.name)
    assert min(seconds) > 0


def products_of_text(name: str) -> list[float]:
    """In a Child: seconds of the products of a text batch, dense and sparse."""
    from benchmarks.harness.clocks import median_seconds
    from common.framework import framework
    from tests.conftest import make_rows

    problem = PROBLEMS["reuters"].but(features=200, batch_size=32)
    x, _ = make_rows(problem, 20)
    ablation = framework(name).ablation_module()
    task = framework(name).make_task(problem, regime=MATCHED)
    runs = (ablation.products(problem, "cpu"), ablation.products(problem, "cpu", x))
    return [median_seconds(run, task.synchronize, calls=5) for run in runs]


@needs_framework
def test_the_benchmarks_run(tmp_path):
    command = [sys.executable, "-m", "pytest", str(ROOT / "benchmarks" / "speed" / "suites"), "-q"]
    command += ["-p", "no:cacheprovider", "-o", "python_files=bench_*.py", "--problems", "boston"]
    command += ["--framework", INSTALLED[-1], "--benchmark-json", str(tmp_path / "found.json")]
    # in a worker of pytest-xdist pytest-benchmark does not measure
    outside = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    done = subprocess.run(command, cwd=ROOT, env=outside, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    found = json.loads((tmp_path / "found.json").read_text())["benchmarks"]
    assert {each["name"] for each in found} == {
        f"test_{name}[boston]"
        for name in ("load", "forward", "step", "epoch", "evaluate", "convert")
    }


def test_a_place_without_a_run_is_empty_and_moves_no_other():
    places = {"torch": (1, 4), "keras": (1, 2, 4), "jax": (4,)}
    runs = [but(grown(v, v / 1000), framework=name) for name, of in places.items() for v in of]
    (section,) = scale_report.sections("boston", runs)
    assert section.headings[2:5] == ("1", "2", "4")
    assert [row[2:5] for row in section.rows] == [
        ["1.0", "-", "4.0"],
        ["1.0", "2.0", "4.0"],
        ["-", "-", "4.0"],
    ]
    assert section.rows[2][5:] == ["-", "-"]  # one point has no exponent
