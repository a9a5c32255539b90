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

from benchmarks import options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add(parser, "--results")
    parser.add_argument(
        "--format", choices=("terminal", "md"), default="terminal", help="default: terminal"
    )
    options.add(parser, "--into")


def main(args: argparse.Namespace) -> int:
    from benchmarks.record import some_records
    from benchmarks.report.sections import markdown, show
    from benchmarks.report.summary import sections

    found = sections(some_records(args.results))
    if args.format == "md" and not args.into:
        print(markdown(found), end="")
    else:
        show(found, None, into=args.into)
    return 0
