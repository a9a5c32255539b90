"""A record as the scalars that trackers draw, and as an event file of TensorBoard.

The event file is written with TensorBoard's protocol buffers: the writers of the package import
TensorFlow if it is installed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.records.job import Job
from benchmarks.records.keys import ARM, Record
from benchmarks.records.kinds import Crossval
from common.atomic import replaced
from common.install import install_extra

QUANTITIES = (
    "steady_epoch_seconds",
    "first_epoch_seconds",
    "total_seconds",
    "samples_per_second",
    "peak_rss_bytes",
    "import_rss_bytes",
    "peak_device_bytes",
)
"""Numbers of a whole run, beside its test metrics."""

NO_SETTINGS = ("name", "title", "margin", "target")  # fields of a problem that training ignores
KINDS = {str: "string_value", bool: "bool_value"}
"""Python type -> field of protobuf's Value; other types are numbers."""


class Scalar(NamedTuple):
    """One value of a curve; NaN if it was not finite, which a record writes as null."""

    name: str
    value: float
    step: int  # the epoch, from 1
    time: float  # seconds since 1970


def scalars(record: Record) -> Iterator[Scalar]:
    """Each epoch's loss, metric, `val_` values and seconds, then `test_` values at the last epoch.

    The time of an epoch is its end, counted back from the time of the record; without clocks it is
    the time of the record.
    """
    names = ("epoch_seconds", "validation_seconds")
    clocks: dict[str, list[float | None]] = {name: getattr(record, name) for name in names}
    seconds = [sum(parts) for parts in zip(*filter(None, clocks.values()), strict=True)]
    seconds = seconds or [0.0] * max(map(len, record.history.values()), default=0)
    end = ended(record)
    times = list(accumulate(seconds, initial=end - sum(seconds)))[1:]
    for name, values in {**record.history, **clocks}.items():
        for step, (value, time) in enumerate(zip(values, times[: len(values)], strict=True), 1):
            yield Scalar(name, number(value), step, time)
    for name, value in record.metrics.items():
        yield Scalar(f"test_{name}", number(value), len(times), end)


def ended(record: Record) -> float:
    """When the run ended, in seconds since 1970."""
    return datetime.fromisoformat(record.created or "").timestamp()


def settings(record: Record) -> dict[str, Any]:
    """The arm and its hyper-parameters as plain values; widths as `64-64`.

    For a fold, the epochs and the batch size are those of the folds, and `fold` counts from 1.
    """
    problem = record.settings.problem or {}
    own = {k: v for k, v in problem.items() if k not in NO_SETTINGS and "fold" not in k}
    if isinstance(record, Crossval):
        own |= {name: problem[f"fold_{name}"] for name in ("epochs", "batch_size")}
        own |= {"fold": record.fold + 1, "folds": record.folds}
    arm = {name: getattr(record, name) for name in (*ARM, "threads")}
    return {name: _plain(value) for name, value in {**arm, **own}.items()}


def digest(record: Record) -> str:
    """The digest `sha256:...` of the whole record."""
    text = json.dumps(record.json, sort_keys=True)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def event_writer(directory: Path | None) -> Callable[[Job, Record], None]:
    """A function that writes a job's record for TensorBoard; without a folder it writes nothing.

    The run's name is the path of the record: problem/framework/regime/device/seed-digest.
    Raises ImportError without the package `tensorboard`.
    """
    if directory is None:
        return lambda job, record: None
    _protocol()
    return lambda job, record: write_events(record, (directory / job.path).with_suffix(""))


def write_events(record: Record, folder: Path) -> None:
    """Write the record's scalars and settings as the one event file of a folder.

    A record that has its file is not written again; the file of another record is replaced. A
    failed run has no file. Raises ImportError without the package `tensorboard`.
    """
    if record.error:
        return
    path = folder / f"events.out.tfevents.{digest(record)[-16:]}"
    if path.exists():
        return
    old = list(folder.glob(f"events.out.tfevents.{'[0-9a-f]' * 16}"))  # TensorBoard's own have dots
    events, RecordWriter = _events(record), _protocol().RecordWriter
    with replaced(path) as file:
        writer = RecordWriter(file)
        for event in events:
            writer.write(event.SerializeToString())
    for other in old:
        other.unlink()


class _Protocol(NamedTuple):
    Event: Any
    Summary: Any
    HParamsPluginData: Any
    RecordWriter: Any


def _protocol() -> _Protocol:
    try:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData
        from tensorboard.summary.writer.record_writer import RecordWriter
    except ImportError as error:
        raise ImportError(
            f"TensorBoard's files need its package: {install_extra('tensorboard')}"
        ) from error
    return _Protocol(Event, Summary, HParamsPluginData, RecordWriter)


def _events(record: Record) -> Iterator[Any]:
    """The file's version, the settings for the HParams plugin, then the scalars by time."""
    proto = _protocol()
    points = sorted(scalars(record), key=lambda scalar: scalar.time)
    start = points[0].time
    yield proto.Event(wall_time=start, file_version="brain.Event:2")
    session = proto.HParamsPluginData()
    session.session_start_info.start_time_secs = start
    for name, value in settings(record).items():
        hparam = session.session_start_info.hparams[name]
        setattr(hparam, KINDS.get(type(value), "number_value"), value)
    plan = proto.Summary()
    about = plan.value.add(tag="_hparams_/session_start_info").metadata.plugin_data
    about.plugin_name, about.content = "hparams", session.SerializeToString(deterministic=True)
    yield proto.Event(wall_time=start, summary=plan)
    for name, value, step, time in points:
        summary = proto.Summary()
        summary.value.add(tag=name, simple_value=value)
        yield proto.Event(wall_time=time, step=step, summary=summary)


def number(value: float | None) -> float:
    """The value as a float; NaN for None, which stands for a number that was not finite."""
    return float("nan") if value is None else float(value)


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return "-".join(map(str, value))
    return value if isinstance(value, str | bool | int | float) else str(value)
