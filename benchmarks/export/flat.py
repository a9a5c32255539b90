"""Records as a flat table: one row per run or per epoch, every row with the same columns."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from benchmarks.export.tensorboard import QUANTITIES, digest
from benchmarks.records.arm import training_runs
from benchmarks.records.keys import ARM, Record
from common.clock import CLOCKS
from common.install import install_extra
from common.visible import visible

Row = dict[str, Any]

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # with these a formula of a spreadsheet may begin


def run_rows(records: Iterable[Record]) -> list[Row]:
    """One row per run, failed ones included; units are in the names, an unknown value is None.

    Raises ValueError when the records were measured under different protocols.
    """
    return _filled(_run(record) for record in training_runs(records))


def epoch_rows(records: Iterable[Record]) -> list[Row]:
    """One row per epoch: the identity of its run, the history and the clocks; raises as `run_rows`.

    A column that ends earlier than others, as the clocks of an untimed run, goes on with None.
    """
    return _filled(row for record in training_runs(records) for row in _epochs(record))


def csv_text(rows: list[Row]) -> bytes:
    """CSV in UTF-8 with a heading; text that a spreadsheet would run as a formula gets a quote."""
    out = io.StringIO()
    writer = csv.writer(out)  # its lines end by \r\n (RFC 4180), and so it quotes an \r in a text
    writer.writerow(map(_harmless, rows[0]))
    writer.writerows([_harmless(value) for value in row.values()] for row in rows)
    return out.getvalue().encode()


def json_lines(rows: list[Row]) -> bytes:
    """One JSON object per line."""
    return "".join(f"{json.dumps(row, allow_nan=False)}\n" for row in rows).encode()


def parquet(rows: list[Row]) -> bytes:
    """A Parquet file. Raises ImportError, with the command that installs it, without pyarrow."""
    try:
        import pyarrow
        from pyarrow import parquet as files
    except ImportError as error:
        raise ImportError(
            f"Parquet needs pyarrow, which is not here: {install_extra('parquet')}"
        ) from error

    def column(values: list[Any]) -> Any:
        try:
            return pyarrow.array(values)
        except pyarrow.ArrowException:  # several types in one column
            texts = [None if value is None else json.dumps(value) for value in values]
            return pyarrow.array(texts)

    columns = {name: column([row[name] for row in rows]) for name in rows[0]}
    out = io.BytesIO()
    files.write_table(pyarrow.table(columns), out)
    return out.getvalue()


FORMATS: Mapping[str, Callable[[list[Row]], bytes]] = MappingProxyType(
    {"csv": csv_text, "parquet": parquet, "jsonl": json_lines}
)


def _identity(record: Record) -> Row:
    return {
        **{name: getattr(record, name) for name in ARM},
        "threads": record.threads,
        "changed": json.dumps(record.changed, sort_keys=True),
        "data_digest": record.data.digest,
        "record_digest": digest(record),
    }


def _run(record: Record) -> Row:
    named = {
        "data": ("source", "origin", "real", "notice"),
        "git": ("commit", "dirty"),
        "error": ("kind", "message"),
    }
    parts = {
        part: {f"{part}_{name}": getattr(getattr(record, part), name, None) for name in names}
        for part, names in named.items()
    }
    return {
        **_identity(record),
        "created": record.created,
        "protocol": record.protocol,
        "timed": record.timed,
        "trained_together": record.trained_together,
        **{f"test_{name}": value for name, value in record.metrics.items()},
        **{name: getattr(record, name) for name in QUANTITIES},
        **{f"{name}_seconds": value for name, value in record.stages.items()},
        **parts["data"],
        **{f"version_{name}": value for name, value in record.versions.items()},
        **{f"host_{name}": value for name, value in (record.json.get("host") or {}).items()},
        **parts["git"],
        "warnings": json.dumps(record.warnings),
        **parts["error"],
    }


def _epochs(record: Record) -> Iterator[Row]:
    columns = record.history | {name: getattr(record, name) for name in CLOCKS}
    for epoch in range(max(map(len, columns.values()), default=0)):
        values = {k: v[epoch] if epoch < len(v) else None for k, v in columns.items()}
        yield {**_identity(record), "epoch": epoch + 1, **values}


def _filled(rows: Iterable[Row]) -> list[Row]:
    """Give every row the columns of all rows, in the order of their first appearance."""
    rows = list(rows)
    columns = dict.fromkeys(name for row in rows for name in row)
    return [{name: _flat(row.get(name)) for name in columns} for row in rows]


def _flat(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, list | dict) else value


def _harmless(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = "\r".join(map(visible, value.split("\r")))  # in quotes \r may end a line, as \n may
    return f"'{text}" if text.startswith(FORMULA) else text
