"""The race against the textbook: its ratios, its table, its peers on real arrays."""

from __future__ import annotations

import json

import pytest

from benchmarks.cli.main import main
from benchmarks.harness.local import run_batch
from benchmarks.harness.peers import PEERS
from benchmarks.harness.plan import plan
from benchmarks.records.job import Job, Source
from benchmarks.show.section import markdown
from benchmarks.speed.race import RacedFolds, runners
from benchmarks.speed.race_table import sections
from common.framework import frameworks
from common.problem import PROBLEMS
from common.regime import MATCHED, NATIVE, TUNED
from tests.conftest import processes
from tests.sample_records import made

BOSTON, EMBEDDED = PROBLEMS["boston"], Source(choice="embedded")
needs_keras = pytest.mark.skipif(bool(frameworks()["keras"].missing), reason="needs Keras")


def record(name: str, regime="tuned", *, seconds=1.0, total=10.0, peak=2**30, **more):
    return made(
        **{
            "kind": "race",
            "problem": "imdb",
            "framework": name,
            "regime": regime,
            "epoch_seconds": [9.0, seconds, seconds, seconds],
            "validation_seconds": [9.0, 1.0, 1.0, 1.0],
            "total_seconds": total,
            "peak_rss_bytes": peak,
            "metrics": {"loss": 0.3, "accuracy": 0.88},
            **more,
        }
    )


def records(processes: int):
    return [
        each
        for _ in range(processes)
        for each in (
            record("textbook", "native", seconds=4.0, total=40.0, peak=2**33),
            record("torch", seconds=0.5, total=8.0),
            record("keras", seconds=8.0, total=40.0),
        )
    ]


def test_a_ratio_says_how_many_times_faster_an_arm_is_than_the_textbook():
    textbook, keras, torch = runners(records(5))
    assert textbook.framework == "textbook" and textbook.epoch_ratio.value == 1
    assert torch.epoch_ratio.value == 8 and torch.epoch_ratio.verdict == "faster"
    assert torch.validated_ratio.value == pytest.approx(5 / 1.5)
    assert torch.total_ratio.value == 5 and torch.peak_ratio == 8
    assert keras.epoch_ratio.verdict == "slower"
    assert keras.total_ratio.verdict == "equally fast"


def test_few_processes_give_ratios_without_an_interval_and_the_table_says_so():
    text = markdown(sections(records(2)))
    row = next(line for line in text.splitlines() if line.startswith("| torch"))
    assert "| 8.00 |" in row and "[" not in row
    assert "fewer than 5 processes give none" in text
    row = next(x for x in markdown(sections(records(5))).splitlines() if x.startswith("| torch"))
    assert "**8.00 [8.00, 8.00]**" in row


def test_without_the_peer_there_is_no_ratio():
    failed = record("textbook", error={"kind": "E", "message": ""})
    with pytest.raises(ValueError, match="no finished run of textbook"):
        runners([record("torch"), failed])
    (section,) = sections([record("torch"), failed])
    assert section.rows == [] and "no finished run of textbook" in section.notes[0]


def test_a_runner_that_diverged_has_no_metric_and_its_times():
    lost = {"metrics": {"loss": None, "accuracy": None}}
    runs = [record("textbook", seconds=4.0), record("torch", seconds=0.5, **lost)]
    row = next(line for line in markdown(sections(runs)).splitlines() if "| torch" in line)
    assert row.endswith("| diverged |") and "| 8.00 |" in row


def test_the_plan_has_each_peer_once_a_round():
    jobs = plan([BOSTON], ["torch"], [MATCHED, TUNED], {"torch": ["cpu"]}, range(2), peers=PEERS)
    arms = [(job.framework, job.regime) for job in jobs if job.seed == 1]
    assert sorted(name for name, _ in arms) == ["scikit", "textbook", "torch", "torch"]
    assert ("textbook", NATIVE) in arms


@pytest.fixture(scope="module")
def native_process_of():
    with processes(regime=NATIVE, threads=1) as of:
        yield of


@needs_keras
@pytest.mark.parametrize(
    ("peer", "name"),
    # the textbook's text is a dense matrix of gigabytes
    [("textbook", "mnist"), ("textbook", "boston"), *(("scikit", name) for name in PROBLEMS)],
)
def test_a_peer_learns_what_the_data_have(native_process_of, peer: str, name: str):
    if peer == "scikit":
        pytest.importorskip("sklearn")
    problem = PROBLEMS[name].but(epochs=2, batch_size=512 if name != "boston" else 4)
    job = Job(problem, peer, NATIVE, data=EMBEDDED, threads=1)
    child = native_process_of(PEERS[peer].framework)
    found = child.call("benchmarks.speed.race:measure_peer", job, False)
    assert len(found["epoch_seconds"]) == 2 and min(found["epoch_seconds"]) > 0
    assert len(found["validation_seconds"]) in (0, 2)
    value = found["metrics"][problem.metric]
    assert value < 12 if problem.metric == "mae" else value > 1.5 / max(2, problem.outputs)


@needs_keras
def test_the_command_races_and_keeps_what_it_measured(tmp_path, capsys):
    arguments = ["race", "boston", "--rounds", "1", "--threads", "1", "--regime", "tuned"]
    arguments += ["--framework", "keras", "--data", "embedded", "--results", str(tmp_path)]
    assert main([*arguments, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["results"]
    assert {"textbook", "keras"} <= {each["framework"] for each in found}
    assert all(each["kind"] == "race" and each["metrics"]["mae"] < 6 for each in found)
    assert main(arguments) == 0
    captured = capsys.readouterr()
    assert captured.err.count("(was there)") == len(found)
    assert "against the textbook" in captured.out and "times faster" in captured.out


@pytest.mark.long
@needs_keras
def test_the_fold_protocol_is_raced_too():
    problem = BOSTON.but(folds=2, fold_epochs=20, fold_batch_size=4)
    errors = {}
    for name in ("textbook", "keras"):
        job = Job(problem, name, NATIVE, data=EMBEDDED, threads=1)
        (found,) = run_batch([RacedFolds.of(job)])
        assert found.error is None, found.error
        assert found.kind == "race" and min(found.epoch_seconds) > 0
        errors[name] = found.metrics["mae"]
    assert all(error < 5 for error in errors.values()), errors  # 22 untrained, 7 for the mean


@pytest.mark.parametrize("problems", [["mnist"], ["boston", "mnist"]])
def test_folds_are_refused_where_a_problem_has_none(problems, capsys):
    assert main(["race", *problems, "--folds"]) == 2
    assert "--folds takes problems with a K-fold protocol" in capsys.readouterr().err
