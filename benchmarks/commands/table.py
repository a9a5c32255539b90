"""Show the table of records, or write it into a file.

Nothing is run: every number comes from the records of earlier runs.

examples:
  twinbench table                            the records of ./results on the terminal
  twinbench table --results a --format md    the same for folder a, as Markdown
  twinbench table --into README.md           between the file's two marks:
                                             <!-- twinbench:table --> and <!-- /twinbench:table -->
"""

from __future__ import annotations

import argparse
import sys

from benchmarks import options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add(parser, "--results")
    parser.add_argument(
        "--format", choices=("terminal", "md"), default="terminal", help="default: terminal"
    )
    options.add(parser, "--into")


def main(args: argparse.Namespace) -> int:
    from benchmarks.record import some_records
    from benchmarks.report.markdown import markdown_table, replace_table
    from benchmarks.report.terminal import print_table

    records = some_records(args.results)
    if args.into:
        written = replace_table(args.into, markdown_table(records))
        print(f"{args.into}: {'written' if written else 'up to date'}", file=sys.stderr)
    elif args.format == "md":
        print(markdown_table(records), end="")
    else:
        print_table(records)
    return 0
