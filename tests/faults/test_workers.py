"""Workers that fail in every way a process can: each is a record, and the others go on."""

from __future__ import annotations

import re
import threading

import pytest

from tests.command import Done

pytestmark = pytest.mark.fault


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        ("crash", "ChildDied", "SIGSEGV"),
        ("leave", "ChildDied", "exit status 0"),
        ("bytes", "ArithmeticError", "after noise"),
        ("memory", "MemoryError", "Unable to allocate"),
        ("die", "ChildDied", "SIGKILL"),
    ],
)
def test_a_fault_is_a_record_and_the_others_go_on(twinbench, fault, kind, words):
    done = twinbench.run("--seeds", "3", fake=f"{fault} 1")
    records = twinbench.records()
    assert done.status == 4 and "Traceback" not in done.err, done.err
    assert records[1]["error"]["kind"] == kind and words in records[1]["error"]["message"]
    assert [records[seed]["error"] for seed in (0, 2)] == [None, None]
    assert twinbench.run("--seeds", "3").status == 0


def test_a_clock_that_steps_back_makes_no_time_negative(twinbench):
    assert twinbench.run("--seeds", "1", fake="clock 0").status == 0
    record = twinbench.records()[0]
    times = [*record["epoch_seconds"], *record["stages"].values(), record["total_seconds"]]
    assert all(seconds > 0 for seconds in times)


def test_two_commands_in_one_results_folder(twinbench):
    """Both end well; a run that both did has one whole record, which is of one of them."""
    done: list[Done] = []
    commands = [
        threading.Thread(target=lambda: done.append(twinbench.run("--seeds", "8")))
        for _ in range(2)
    ]
    for command in commands:
        command.start()
    for command in commands:
        command.join()
    assert [each.status for each in done] == [0, 0], done[0].err + done[1].err
    assert sorted(twinbench.records()) == list(range(8))


def test_a_training_that_diverges_is_said_where_its_number_would_stand(twinbench):
    done = twinbench.run("--seeds", "2", fake="diverge 0, diverge 1")
    assert done.status == 0, done.err
    assert "diverged" in done.out and not re.search(r"MAE \d", done.out), done.out
    assert "2 of 2 runs diverged or ended without a number" in done.out
    assert "DIVERGED, test loss not finite, test mae not finite" in done.err
    assert [record["metrics"] for record in twinbench.records().values()] == [
        {"loss": None, "mae": None}
    ] * 2
