"""Show the table of records, or write it into a file.

Nothing is run: every number comes from the records of earlier runs.

examples:
  twinbench table                            the records of ./results on the terminal
  twinbench table --results a --format md    the same for folder a, as Markdown
  twinbench table --show matrix --results a b   the same? who is faster? of two folders' records
  twinbench table --into README.md           between the file's two marks:
                                             <!-- twinbench:table --> and <!-- /twinbench:table -->
  twinbench table --show metric --into README.md --mark accuracy
                                             what may be said of the test metrics, no times, between
                                             <!-- twinbench:table accuracy --> and its end
"""

from __future__ import annotations

import argparse

from benchmarks.cli import options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add(parser, "several --results")
    parser.add_argument(
        "--format", choices=("terminal", "md"), default="terminal", help="default: terminal"
    )
    parser.add_argument(
        "--show",
        choices=("all", "metric", "time", "matrix"),
        default="all",
        help="metric: without times and memory, with the verdicts; time: without the test metric; "
        "matrix: what may be said of each pair of frameworks, by problem and regime",
    )
    options.add(parser, "--into", "--json")
    parser.add_argument(
        "--mark", default="", metavar="NAME", help="of the marks in FILE, those with this name"
    )


def main(args: argparse.Namespace) -> int:
    from benchmarks.records.declared import read_plan
    from benchmarks.records.record import some_records
    from benchmarks.show import matrix, run_table
    from benchmarks.show.answer import print_json, run_verdicts
    from benchmarks.show.section import markdown, show
    from benchmarks.statistics.compared import Compared

    if args.mark and not args.into:
        raise ValueError("--mark names the marks of a file: give --into too")
    records = some_records(*args.results)
    planned = args.show in ("metric", "matrix") or args.json
    compared = Compared.of(records, read_plan(*args.results) if planned else {})
    if args.json:
        print_json(args.command, records, run_verdicts(compared)[1])
        return 0
    if args.show == "matrix":
        sections = matrix.sections(compared)
    else:
        sections = run_table.sections(compared, args.show)
    if args.format == "md" and not args.into:
        print(markdown(sections), end="")
    else:
        show(sections, into=args.into, mark=args.mark)
    return 0
