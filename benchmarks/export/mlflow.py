"""Log records as runs of an MLflow tracking server, each record once."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.export.tensorboard import QUANTITIES, digest, ended, number, scalars, settings
from benchmarks.records.keys import ARM, Record
from common.install import install_extra

LOCAL = Path("mlruns")  # the folder of the runs when no server is named
TAG = "twinbench.record"  # its value is the digest of the record
METRICS_PER_CALL = 1000  # MLflow's limit


class Store(NamedTuple):
    """An MLflow client and the identity of the experiment that takes the runs."""

    client: Any
    experiment: str


@contextmanager
def clear_errors() -> Iterator[None]:
    """Turn MLflow's errors into a ValueError of one line.

    Raises ImportError without the package `mlflow`.
    """
    # set before the import: else it reports the use of the package, and waits minutes for a server
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
    try:
        from mlflow.exceptions import MlflowException
    except ImportError as error:
        raise ImportError(f"this needs MLflow: {install_extra('mlflow')}") from error
    try:
        yield
    except MlflowException as error:
        raise ValueError(f"MLflow: {str(error).strip().partition(chr(10))[0]}") from error


def open_store(uri: str | None, experiment: str) -> Store:
    """Open the experiment of that name, or create it; to be called within `clear_errors`.

    `uri` is by default `$MLFLOW_TRACKING_URI`, else a SQLite file below ./mlruns.
    """
    from mlflow import MlflowClient

    uri = uri or os.environ.get("MLFLOW_TRACKING_URI")
    artifacts = None
    if uri is None:
        LOCAL.mkdir(exist_ok=True)
        uri = f"sqlite:///{LOCAL.resolve() / 'mlflow.db'}"
        artifacts = (LOCAL.resolve() / "artifacts").as_uri()
    client = MlflowClient(tracking_uri=uri)
    existing = client.get_experiment_by_name(experiment)
    if existing is None:
        return Store(client, client.create_experiment(experiment, artifact_location=artifacts))
    return Store(client, existing.experiment_id)


def log_records(records: Iterable[Record], store: Store) -> Iterator[tuple[Record, bool]]:
    """Log the records that no finished run has; yields each record and whether it is new.

    A run that an interruption left unfinished is deleted, and its record logged again.
    """
    for record in records:
        runs = store.client.search_runs(
            [store.experiment], filter_string=f"tags.\"{TAG}\" = '{digest(record)}'"
        )
        unfinished = [run.info.run_id for run in runs if run.info.status != "FINISHED"]
        for run_id in unfinished:
            store.client.delete_run(run_id)
        new = len(runs) == len(unfinished)
        if new:
            _log(record, store)
        yield record, new


def _log(record: Record, store: Store) -> None:
    from mlflow.entities import Param

    end = ended(record)
    run_id = store.client.create_run(
        store.experiment,
        start_time=_milliseconds(end - (record.total_seconds or 0.0)),
        run_name=" ".join(str(getattr(record, name)) for name in ARM),
        tags=_tags(record),
    ).info.run_id
    switches = (record.settings.regime or {}).items()
    params = settings(record) | {f"regime.{name}": value for name, value in switches}
    store.client.log_batch(run_id, params=[Param(k, str(value)) for k, value in params.items()])
    metrics = list(_metrics(record))
    for start in range(0, len(metrics), METRICS_PER_CALL):
        store.client.log_batch(run_id, metrics=metrics[start : start + METRICS_PER_CALL])
    store.client.log_dict(run_id, record.json, "record.json")
    # last, so that a finished run is complete
    store.client.set_terminated(run_id, "FINISHED", end_time=_milliseconds(end))


def _metrics(record: Record) -> Iterator[Any]:
    """Every scalar at its epoch, then the numbers of the whole run."""
    from mlflow.entities import Metric

    last = 0
    for name, value, step, time in scalars(record):
        last = max(last, step)
        yield Metric(name, value, _milliseconds(time), step)
    for name in QUANTITIES:
        if (value := getattr(record, name)) is not None:
            yield Metric(name, number(value), _milliseconds(ended(record)), last)


def _tags(record: Record) -> dict[str, str]:
    """The origin of the numbers; MLflow itself shows `mlflow.source.git.commit`."""
    tags = {
        TAG: digest(record),
        "twinbench.kind": record.kind,
        "twinbench.protocol": record.protocol,
        "twinbench.data": record.data.digest,
        "twinbench.data.source": record.data.source,
        "twinbench.git.dirty": record.git.dirty,
        "mlflow.source.name": "twinbench",
        "mlflow.source.git.commit": record.git.commit,
        **{f"version.{name}": value for name, value in record.versions.items()},
    }
    return {name: str(value) for name, value in tags.items() if value is not None}


def _milliseconds(seconds: float) -> int:
    return round(1000 * seconds)
