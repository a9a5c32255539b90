"""Ctrl-C, or SIGTERM, at a stage: one line, no process left, no half file, the rest is kept."""

from __future__ import annotations

import signal
import socket

import pytest

from tests.command import children, ended, wait_for

pytestmark = pytest.mark.fault
RUN = (
    *("run", "boston", "--regime", "native", "--threads", "1", "--epochs", "2"),
    *("--seeds", "2", "--framework", "fake"),
)


@pytest.mark.parametrize(
    ("stage", "fake", "number"),
    [
        ("import", "import", signal.SIGINT),
        ("data", "data", signal.SIGTERM),
        ("build", "build 1", signal.SIGINT),
        ("fit", "hang 1", signal.SIGTERM),
        ("evaluate", "evaluate 1", signal.SIGINT),
    ],
)
def test_an_interruption_at_a_stage(twinbench, tmp_path, stage, fake, number):
    assert twinbench.run("--seeds", "1").status == 0
    kept = twinbench.records()
    hangs = tmp_path / "hangs"
    twinbench.more["FAKE_HANGS"] = str(hangs)
    process = twinbench.start(*RUN, "--data", "embedded", fake=fake)
    wait_for(hangs.exists, f"the hanging {stage}", process)
    [worker] = children(process.pid)
    process.send_signal(number)
    ended_by_hand(process)
    wait_for(lambda: ended(worker), "the end of the worker")
    assert twinbench.records() == kept
    done = twinbench.run()
    assert done.status == 0 and done.err.count("(was there)") == 1


def test_a_termination_of_a_conversion(twinbench, tmp_path):
    twinbench.more |= {"FAKE_HANGS": str(tmp_path / "hangs"), "TMPDIR": str(tmp_path / "drafts")}
    (tmp_path / "drafts").mkdir()
    options = ("--train", "fake", "--data", "embedded", "--threads", "1")
    process = twinbench.start("convert", "boston", "out.safetensors", *options, fake="hang 0")
    wait_for((tmp_path / "hangs").exists, "the hanging fit", process)
    [worker] = children(process.pid)
    process.send_signal(signal.SIGTERM)
    ended_by_hand(process)
    wait_for(lambda: ended(worker), "the end of the worker")
    left = {path.name for path in tmp_path.rglob("*") if "cache" not in path.parts}
    assert left == {"hangs", "drafts"}


def test_an_interruption_of_a_download(twinbench):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        twinbench.more["TWINBENCH_DATA_URL"] = f"http://127.0.0.1:{port}"
        process = twinbench.start(*RUN, "--data", "real")
        connection, _ = server.accept()
        with connection:
            connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 57026\r\n\r\nhalf")
            process.send_signal(signal.SIGINT)
            ended_by_hand(process)
    assert not (twinbench.folder / "cache").exists()
    assert not twinbench.results.exists()


def ended_by_hand(process) -> None:
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in err, err
    assert err.splitlines()[-1] == "twinbench: interrupted; what was finished is kept"
