"""`twinbench run` from outside: what it prints, leaves on disk and survives.

Most tests run in a copy of the checkout whose only framework is the folder `fake_impl`, in NumPy:
it starts at once, and it dies, hangs or diverges when told to. That a folder is all it takes to
add a framework is thereby tested too.
"""

from __future__ import annotations

import json
import signal
from importlib.util import find_spec

import pytest

from benchmarks.records.record import MEANINGS
from common.framework import frameworks, plain_frameworks
from tests.command import ROOT, Command, children, ended, needs_houses, wait_for

pytestmark = needs_houses


@pytest.fixture(scope="module")
def finished(checkout, tmp_path_factory):
    """A command whose two jobs have been run, and what it printed."""
    command = Command(checkout, tmp_path_factory.mktemp("finished"))
    return command, command.run()


def test_a_run_prints_a_table_and_leaves_records_and_curves(finished):
    command, done = finished
    assert done.status == 0, done.err
    assert "boston" in done.out and "fake" in done.out and "noise" not in done.out
    assert "fake:twin" not in done.err and "absent" not in done.err
    assert "[2/2] boston fake native cpu seed 1: test loss" in done.err
    assert sorted(command.records()) == [0, 1]
    for record in command.records().values():
        assert record["error"] is None and record["threads"] == 1
        assert set(record["metrics"]) == {"loss", "mae"} and record["peak_rss_bytes"] > 1e6
        assert list(record["stages"]) == ["import", "data", "build", "fit", "evaluate"]
        assert record["total_seconds"] > sum(record["stages"].values())
        assert len(record["epoch_seconds"]) == len(record["history"]["mae"]) == 2
        assert record["steady_epoch_seconds"] == record["epoch_seconds"][1] >= 0.002
        assert record["samples_per_second"] == pytest.approx(404 / record["epoch_seconds"][1])
    if find_spec("altair"):
        assert {p.suffix for p in command.results.glob("*boston.*")} == {".png", ".svg"}


def test_every_key_of_a_record_is_described_and_no_other(finished):
    command, _ = finished
    found = set()
    for key, value in command.records()[0].items():
        nested = any(name.startswith(f"{key}.") for name in MEANINGS)
        found |= {f"{key}.{part}" for part in value} if nested else {key}
    assert found == set(MEANINGS)


def test_embedded_data_is_said_on_the_terminal_the_table_and_the_record(finished):
    command, done = finished
    record = command.records()[0]
    notice = record["data"]["notice"]
    assert record["data"]["source"] == "embedded" and notice in record["warnings"]
    assert notice and notice in done.err and "embedded" in done.out
    assert record["data"]["digest"].startswith("sha256:")


def test_a_second_run_trains_nothing_and_json_is_all_it_prints(finished):
    command, _ = finished
    before = command.records()
    again = command.run("--json", fake="die 0")  # would die if it ran
    assert again.status == 0 and again.err.count("(was there)") == 2
    found = json.loads(again.out)
    assert [*found] == ["schema", "command", "version", "verdicts", "results"]
    assert found["schema"] == "twinbench/1" and found["command"] == "run"
    assert found["results"] == [before[0], before[1]] == list(command.records().values())


def test_the_table_as_json_has_the_records(finished):
    command, _ = finished
    found = json.loads(command("table", "--json").out)
    assert found["command"] == "table" and found["results"] == list(command.records().values())
    assert found["verdicts"] == []  # one framework


def test_force_trains_again_and_auto_is_the_device_that_it_stands_for(finished):
    command, _ = finished
    before = command.records()
    done = command.run("--device", "auto,cpu", "--json", "--force", "--seeds", "1")
    (record,) = json.loads(done.out)["results"]
    assert record["device"] == "cpu" and record["epoch_seconds"] != before[0]["epoch_seconds"]
    assert command.records() == {0: record, 1: before[1]}


def test_changed_settings_are_recorded_and_are_other_runs(twinbench, finished):
    changed = ("--hidden", "8,4", "--learning-rate", "0.01", "--validation", "50")
    done = twinbench.run("--seeds", "1", "--json", *changed)
    (record,) = json.loads(done.out)["results"]
    expected = {"epochs": 2, "hidden": [8, 4], "learning_rate": 0.01, "validation": 50}
    assert record["settings"]["changed"] == expected
    assert set(record["history"]) == {"loss", "mae", "val_loss", "val_mae"}
    assert len(record["validation_seconds"]) == 2
    (path,) = twinbench.results.rglob("seed0-*.json")
    assert not list(finished[0].results.rglob(path.name))


def test_a_failed_job_is_a_record_and_the_others_go_on_and_the_next_call_mends_it(twinbench):
    done = twinbench.run("--seeds", "3", fake="die 0, raise 1")
    records = twinbench.records()
    assert done.status == 4 and "Traceback" not in done.err
    killed, raised = records[0]["error"], records[1]["error"]
    assert killed["kind"] == "ChildDied" and "SIGKILL" in killed["message"]
    assert "noise of a framework" in killed["message"]
    assert (raised["kind"], raised["message"]) == ("ArithmeticError", "on purpose")
    assert "fake_impl/task.py" in raised["traceback_tail"]
    assert records[0]["metrics"] == {} and records[2]["error"] is None
    failed = [line for line in done.err.splitlines() if line.startswith("failed:")]
    assert len(failed) == 2 and "results/boston/fake/native/cpu/seed0-" in failed[0]
    mended = twinbench.run("--seeds", "3")
    assert mended.status == 0 and mended.err.count("(was there)") == 1
    assert [record["error"] for record in twinbench.records().values()] == [None] * 3
    assert twinbench.records()[2] == records[2]


def test_a_job_that_takes_too_long_is_ended(twinbench):
    done = twinbench.run("--timeout", "3", "--seeds", "1", fake="hang 0")
    assert done.status == 4 and "3 s" in done.err
    assert twinbench.records()[0]["error"]["kind"] == "ChildTimeout"


def test_numbers_that_are_not_finite_are_valid_json_and_said(twinbench):
    done = twinbench.run("--json", "--seeds", "1", fake="diverge 0")
    (record,) = json.loads(done.out, parse_constant=pytest.fail)["results"]
    assert done.status == 0 and record["history"]["loss"] == [None, None]
    assert any("not finite" in sentence for sentence in record["warnings"])


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=lambda n: n.name)
def test_a_killed_or_interrupted_command_leaves_no_child_and_only_whole_records(twinbench, number):
    arguments = ["--data", "embedded", "--regime", "native", "--epochs", "2", "--seeds", "3"]
    process = twinbench.start("run", "boston", *arguments, "--threads", "1", fake="hang 1")
    wait_for(lambda: len(list(twinbench.results.rglob("*.json"))) == 1, "the first record", process)
    (child,) = wait_for(lambda: children(process.pid), "the second worker", process)
    process.send_signal(number)
    _, err = process.communicate()
    wait_for(lambda: ended(child), "the end of the worker")
    assert [record["error"] for record in twinbench.records().values()] == [None]
    if number == signal.SIGINT:
        assert process.returncode == 130 and "Traceback" not in err
        assert err.splitlines()[-1] == "twinbench: interrupted; what was finished is kept"
    done = twinbench.run("--seeds", "3")
    assert done.status == 0 and done.err.count("(was there)") == 1
    assert sorted(twinbench.records()) == [0, 1, 2]


def test_every_installed_framework_trains_in_a_process_of_its_own(tmp_path):
    installed = plain_frameworks(installed=True)
    if not installed:
        pytest.skip("no framework is installed")
    command = Command(ROOT, tmp_path)
    options = ["--data", "embedded", "--regime", "matched", "--threads", "1", "--epochs", "2"]
    done = command("run", "boston", *options, "--json", "--framework", ",".join(installed))
    assert done.status == 0, done.err
    records = {record["framework"]: record for record in json.loads(done.out)["results"]}
    assert sorted(records) == sorted(installed)
    for name, record in records.items():
        others = {module for n in installed if n != name for module in frameworks()[n].requires}
        assert not others & record["versions"].keys()
        assert record["threads"] == 1 and record["peak_rss_bytes"] > record["import_rss_bytes"] / 2
    assert len({tuple(record["history"]) for record in records.values()}) == 1
    maes = [record["metrics"]["mae"] for record in records.values()]
    assert max(maes) - min(maes) < 1e-3 * max(maes)  # the same mathematics
