"""Write records as a flat table: CSV, Parquet or JSON lines.

A row a run: what it was, its test metrics, times, memory, versions, machine, commit, warnings, and
the digest of its record. With --epochs a row an epoch: loss, metrics and clocks. Every row has all
columns, empty where a run knows no value. In CSV a text that a spreadsheet would take for a formula
begins with a quote ('). Parquet needs pyarrow, the extra `parquet`.

examples:
  twinbench export > runs.csv
  twinbench export --epochs --format jsonl --output epochs.jsonl
  twinbench export --results a --format parquet --output runs.parquet

exit status: 0 written, 2 usage
"""

from __future__ import annotations

import argparse
import sys

from benchmarks.cli import options
from common.say import counted, inform


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which records, which rows, in which form and where."""
    options.add(parser, "--results")
    parser.add_argument(
        "--format", choices=("csv", "parquet", "jsonl"), default="csv", help="default: csv"
    )
    parser.add_argument("--epochs", action="store_true", help="a row an epoch instead of a run")
    options.add(parser, "--output", help="default: standard output (not for Parquet)")


def main(args: argparse.Namespace) -> int:
    """Write the table whole or not at all."""
    from benchmarks.export.flat import FORMATS, epoch_rows, run_rows
    from benchmarks.records.record import some_records
    from common.atomic import replaced

    if args.format == "parquet" and not args.output:
        raise ValueError("--format parquet is no text: name its file with --output FILE")
    records = some_records(args.results)
    rows = (epoch_rows if args.epochs else run_rows)(records)
    if not rows:
        raise ValueError(f"{args.results}: no run has an epoch")
    table = FORMATS[args.format](rows)
    if args.output:
        with replaced(args.output) as file:
            file.write(table)
        inform(f"{args.output}: {counted(len(rows), 'row')} of {counted(len(records), 'run')}")
    else:
        sys.stdout.write(table.decode())
    return 0
