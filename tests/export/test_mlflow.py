"""Records on a real tracking server of MLflow, started here on the loopback."""

from __future__ import annotations

import json
import math
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks.cli.main import main
from benchmarks.export.tensorboard import digest
from benchmarks.records.keys import Record
from common.install import install_extra
from tests.command import path_with
from tests.export.test_tensorboard import record
from tests.test_structure import FRAMEWORKS, ROOT

needs_mlflow = pytest.mark.skipif(find_spec("mlflow") is None, reason="mlflow is not installed")


def full(name: str, seed: int, **more) -> Record:
    """A record with all that a tracked run shows; one number was not finite."""
    settings = {"problem": {"name": "boston", "hidden": [64, 64]}, "regime": {"rho": 0.9}}
    clocks = {"total_seconds": 9.0, "steady_epoch_seconds": 1.0}
    fields = {"seed": seed, "peak_rss_bytes": 2**30, "settings": settings, **clocks}
    return record(name, **{**fields, **more})


def write(folder: Path, *records: Record) -> None:
    folder.mkdir(exist_ok=True)
    for number, content in enumerate(records):
        (folder / f"{number}.json").write_text(json.dumps(content.json))


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[str]:
    """The address of a server with a SQLite file of its own, ended with the tests."""
    folder = tmp_path_factory.mktemp("mlflow")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--backend-store-uri", f"sqlite:///{folder / 'runs.db'}", "--workers", "1"]
    command += ["--artifacts-destination", str(folder / "artifacts")]
    environment = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"}
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(address, process, folder / "log")
        yield address
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=30)


def _wait(address: str, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"no server: {log.read_text()}")


def runs_of(address: str, experiment: str) -> list:
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=address)
    return list(client.search_runs([client.get_experiment_by_name(experiment).experiment_id]))


@needs_mlflow
@pytest.mark.service
def test_every_record_is_a_run_with_its_numbers_and_logged_once(server, tmp_path, capsys):
    from mlflow import MlflowClient

    long = {"history": {"loss": [float(n) for n in range(1200)]}, "epoch_seconds": [0.5] * 1200}
    records = [full("alpha", 0), full("beta", 0), full("alpha", 1, **long)]
    write(tmp_path, *records, full("beta", 1, error={"kind": "E", "message": ""}))
    arguments = ["mlflow", "--results", str(tmp_path), "--tracking-uri", server]
    arguments += ["--experiment", "numbers"]
    assert main(arguments) == 0
    assert "numbers: 3 records logged, 0 there before" in capsys.readouterr().err

    logged = {run.data.tags["twinbench.record"]: run for run in runs_of(server, "numbers")}
    assert set(logged) == {digest(record) for record in records}
    run, client = logged[digest(records[0])], MlflowClient(tracking_uri=server)
    assert run.info.status == "FINISHED" and run.info.run_name == "boston alpha matched cpu 0"
    assert (run.info.end_time - run.info.start_time) / 1000 == 9.0
    assert run.data.params["hidden"] == "64-64" and run.data.params["regime.rho"] == "0.9"
    assert run.data.params["framework"] == "alpha"
    assert run.data.metrics["test_mae"] == 1.25 and run.data.metrics["total_seconds"] == 9.0
    losses = client.get_metric_history(run.info.run_id, "loss")
    assert [(point.step, point.value) for point in losses] == [(1, 4.0), (2, 2.0)]
    assert math.isnan(client.get_metric_history(run.info.run_id, "mae")[1].value)
    assert run.data.tags["mlflow.source.git.commit"] == "abc"
    assert run.data.tags["twinbench.data"] == "sha256:1" and run.data.tags["version.numpy"] == "2.0"
    kept = client.download_artifacts(run.info.run_id, "record.json", str(tmp_path))
    assert json.loads(Path(kept).read_text()) == records[0].json
    many = client.get_metric_history(logged[digest(records[2])].info.run_id, "loss")
    assert [point.value for point in many] == [float(n) for n in range(1200)]

    Path(kept).unlink()
    assert main(arguments) == 0
    assert "numbers: 0 records logged, 3 there before" in capsys.readouterr().err
    assert len(runs_of(server, "numbers")) == 3


@needs_mlflow
@pytest.mark.service
def test_a_run_left_unfinished_is_logged_anew(server, tmp_path, capsys):
    from benchmarks.export.mlflow import TAG, open_store

    write(tmp_path, full("alpha", 0))
    store = open_store(server, "broken")
    half = store.client.create_run(store.experiment, tags={TAG: digest(full("alpha", 0))})
    arguments = ["mlflow", "--results", str(tmp_path), "--tracking-uri", server]
    assert main([*arguments, "--experiment", "broken"]) == 0
    (run,) = runs_of(server, "broken")
    assert run.info.run_id != half.info.run_id and run.info.status == "FINISHED"
    assert run.data.metrics["test_loss"] == 2.5


@needs_mlflow
def test_logging_imports_no_framework_and_needs_no_server(tmp_path):
    write(tmp_path / "results", full("alpha", 0))
    code = (
        "import sys\n"
        "from benchmarks.cli.main import main\n"
        "status = main(['mlflow'])\n"
        f"print(status, sorted({FRAMEWORKS!r} & set(sys.modules)))"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MLFLOW")}
    for logged in ("1 record logged, 0 there before", "0 records logged, 1 there before"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            env={**environment, "PYTHONPATH": path_with(ROOT)},
            capture_output=True,
            text=True,
        )
        assert done.stdout.strip() == "0 []", done.stderr
        assert logged in done.stderr
    assert len(list(tmp_path.glob("mlruns/artifacts/*/artifacts/record.json"))) == 1
    assert {path.name for path in tmp_path.iterdir()} == {"results", "mlruns"}


@needs_mlflow
@pytest.mark.parametrize(
    ("uri", "message"), [("http://127.0.0.1:9", "API request"), ("bogus://x", "unsupported URI")]
)
def test_where_nothing_answers_the_error_is_one_line(tmp_path, capsys, monkeypatch, uri, message):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    write(tmp_path, full("alpha", 0))
    assert main(["mlflow", "--results", str(tmp_path), "--tracking-uri", uri]) == 2
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("twinbench")]
    assert len(said) == 1 and message in said[0]


def test_without_records_or_package_the_message_says_what_to_do(tmp_path, capsys, monkeypatch):
    assert main(["mlflow", "--results", str(tmp_path)]) == 2
    assert "no finished record of kind 'run'" in capsys.readouterr().err
    write(tmp_path, full("alpha", 0))
    monkeypatch.setitem(sys.modules, "mlflow.exceptions", None)
    assert main(["mlflow", "--results", str(tmp_path)]) == 2
    assert install_extra("mlflow") in capsys.readouterr().err
