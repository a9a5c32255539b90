"""Where the time goes: parts that are left out are left out, and the split adds up."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from benchmarks.cli.main import main
from benchmarks.explain.steps import splits
from benchmarks.explain.steps_table import sections
from benchmarks.harness.process import Child
from benchmarks.records.kinds import PARTS
from benchmarks.show.section import markdown, print_sections
from common.framework import framework, frameworks
from common.problem import PROBLEMS
from common.regime import MATCHED, NATIVE
from tests.sample_records import made

BOSTON = PROBLEMS["boston"]


def weights_after(name: str, regime: str, last: str) -> dict[str, np.ndarray]:
    """In a Child: an epoch of made-up rows, whose steps end with a part; "" leaves nothing out."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(20, 13)).astype(np.float32), rng.normal(size=20).astype(np.float32)
    rules = {"native": NATIVE, "matched": MATCHED}[regime]
    options = {"regime": replace(rules, shared_initial=True)}
    if last:
        task = framework(name).ablation_module().PartialTask(BOSTON, last=last, **options)
    else:
        task = framework(name).make_task(BOSTON, **options)
    before = task.get_weights()
    task.fit(x, y, epochs=1, order=task.order(20))
    return {k: v - before[k] for k, v in task.get_weights().items()}


@pytest.mark.parametrize("regime", ["native", "matched"])
def test_a_step_ends_with_the_part_that_it_is_told(child: Child, framework_name: str, regime: str):
    whole = child.call("tests.explain.test_steps:weights_after", framework_name, regime, "")
    assert all(np.any(change) for change in whole.values())
    for part in PARTS[:-1]:
        change = child.call("tests.explain.test_steps:weights_after", framework_name, regime, part)
        for name, expected in whole.items():
            if part == "optimiser":
                np.testing.assert_allclose(change[name], expected, rtol=1e-4, atol=1e-7)
            else:
                assert not change[name].any()


def share_of_products(name: str, batch_size: int) -> float:
    """In a Child: of the time in kernels, over some steps of a wide network."""
    ablation = framework(name).ablation_module()
    problem = BOSTON.but(hidden=(512, 512), batch_size=batch_size)
    task = framework(name).task_class()(problem, regime=MATCHED)
    rows = 8 * batch_size
    x, y = np.ones((rows, 13), np.float32), np.ones(rows, np.float32)
    task.fit(x, y, epochs=1, order=task.order(rows))
    found = ablation.profiled(lambda: task.fit(x, y, epochs=1, order=task.order(rows)))
    assert set(found) == {"products", "other_kernels"} and min(found.values()) > 0, found
    return found["products"] / sum(found.values())


def test_the_profiler_tells_products_from_other_kernels(child: Child, framework_name: str):
    few, many = (
        child.call("tests.explain.test_steps:share_of_products", framework_name, size)
        for size in (4, 1024)
    )
    assert few < many  # the optimiser's work does not grow with the batch, the products do


def seconds_in_products(name: str, last: str) -> float:
    """In a Child: the least of three epochs of a wide network whose steps end with a part."""
    ablation = framework(name).ablation_module()
    task = ablation.PartialTask(BOSTON.but(hidden=(512, 512), batch_size=1024), last=last)
    x, y = np.ones((4096, 13), np.float32), np.ones(4096, np.float32)

    def epoch() -> None:
        task.fit(x, y, epochs=1, order=task.order(4096))

    epoch()
    return min(ablation.profiled(epoch)["products"] for _ in range(3))


def test_a_gradient_that_no_one_uses_is_computed_all_the_same(child: Child, framework_name: str):
    # TensorFlow leaves out what nothing needs, and the way back is two products to forward's one
    forward, backward = (
        child.call("tests.explain.test_steps:seconds_in_products", framework_name, last)
        for last in ("forward", "backward")
    )
    assert backward > 1.5 * forward


def record(name="alpha", regime="matched", *, until=(1.0, 3.0, 6.0, 7.0, 7.5), **more):
    return made(
        **{
            "kind": "ablation",
            "problem": "boston",
            "framework": name,
            "regime": regime,
            "until": {part: 1e-3 * ms for part, ms in zip(PARTS, until, strict=True)},
            "products_alone": 2e-3,
            "profile": {"products": 2e-3, "other_kernels": 1e-3, "whole": 8e-3},
            "steps": 26,
            **more,
        }
    )


def test_a_part_is_the_median_of_differences_and_the_parts_make_the_step():
    (split,) = splits([record(), record(), record(until=(9.0, 9.1, 9.2, 9.3, 9.4))])
    assert split.parts == pytest.approx(
        dict(zip(PARTS, (1e-3, 2e-3, 3e-3, 1e-3, 5e-4), strict=True))
    )
    assert split.step == pytest.approx(sum(split.parts.values()))
    assert split.profile == pytest.approx({"products": 0.25, "other_kernels": 0.125})
    assert splits([record(error={"kind": "x"})]) == []


def test_the_table_has_a_row_an_arm_and_says_what_the_data_were():
    data = {"source": "generated", "digest": "sha256:2", "notice": "made up"}
    records = [record(), record("beta", data=data)]
    text = markdown(sections(records))
    cells = (
        "| alpha | matched | 1.000 | 2.000 | 3.000 | 1.000 | 0.500 | 7.500 | 2.000 | 25% | 12% |"
    )
    assert cells in text and "| beta | matched |" in text
    assert "NOT THE REAL DATA FILES: made up" in text and "epochs of 26 steps" in text
    out = io.StringIO()
    print_sections(sections(records), Console(file=out))
    assert "7.500" in out.getvalue() and "made up" in out.getvalue()


@pytest.mark.long
@pytest.mark.skipif(
    any(frameworks()[name].missing for name in ("keras", "torch")), reason="needs both frameworks"
)
def test_the_command_measures_every_arm_once_a_round_and_keeps_it(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("benchmarks.explain.steps.ROUNDS", 1)
    arguments = ["explain", "boston", "--time", "--data", "embedded", "--threads", "1"]
    arguments += ["--results", str(tmp_path)]
    assert main([*arguments, "--json"]) == 0
    records = json.loads(capsys.readouterr().out)["results"]
    assert {(r["framework"], r["regime"]) for r in records} == {
        (name, regime) for name in ("keras", "torch") for regime in ("native", "matched")
    }
    for each in records:
        assert set(each["until"]) == set(PARTS) and min(each["until"].values()) > 0
        assert 0 < each["profile"]["products"] < each["profile"]["whole"]
        assert each["kind"] == "ablation" and each["products_alone"] > 0
    assert main(arguments) == 0
    captured = capsys.readouterr()
    assert captured.err.count("(was there)") == len(records)
    assert captured.out.count("matched") >= 2
