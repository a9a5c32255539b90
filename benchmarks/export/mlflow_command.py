"""Log records as runs of an MLflow tracking server.

Every finished run below the results folder becomes a run of one experiment: its settings are
parameters, each epoch's loss, metrics and seconds are metrics with a step, commit, data digest and
versions are tags, and the record is an artifact. The names are the same for every framework, so
that MLflow lays them over each other. A record that is there already is known by its digest and not
logged again: call this as often as you like. Nothing is sent anywhere but to that server.

examples:
  twinbench mlflow                               the records of ./results into ./mlruns
  mlflow ui --backend-store-uri sqlite:///mlruns/mlflow.db      and a look at them
  twinbench mlflow --results a --tracking-uri http://127.0.0.1:5000 --experiment nightly
  twinbench mlflow --kind crossval               the folds of `crossval` and `tune`

exit status: 0 all is logged, 2 usage, or no server answers; 130 interrupted
"""

from __future__ import annotations

import argparse

from benchmarks.cli import options
from benchmarks.records.arm import succeeded
from common.say import counted, inform


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which records, and where to."""
    options.add(parser, "--results")
    parser.add_argument(
        "--tracking-uri",
        metavar="URI",
        help="a server or a store (default: $MLFLOW_TRACKING_URI, else SQLite in ./mlruns)",
    )
    parser.add_argument(
        "--experiment", default="twinbench", metavar="NAME", help="default: twinbench"
    )
    parser.add_argument(
        "--kind", choices=("run", "crossval"), default="run", help="of the records (default: run)"
    )


def main(args: argparse.Namespace) -> int:
    """Log what is not there yet, and say how much that was."""
    from benchmarks.export.mlflow import clear_errors, log_records, open_store
    from benchmarks.records.record import read_records

    records = succeeded(read_records(args.results, args.kind))
    if not records:
        raise ValueError(f"{args.results}: no finished record of kind {args.kind!r}")
    with clear_errors():
        store = open_store(args.tracking_uri, args.experiment)
        new = sum(new for _, new in log_records(records, store))
    inform(f"{args.experiment}: {counted(new, 'record')} logged, {len(records) - new} there before")
    return 0
