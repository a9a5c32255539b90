"""Train, then show test rows with each prediction and the truth.

A digit is drawn, a review or a newswire is put back into words, a house has its features. Nothing
is recorded: `twinbench run` measures, this shows.

examples:
  twinbench predict mnist                        five digits, what each framework sees in them
  twinbench predict imdb --rows 3 --first 100    test rows 100 to 102
  twinbench predict boston --epochs 20 --seed 1
  twinbench predict reuters --json               the same for a program
"""

from __future__ import annotations

import argparse

from benchmarks.cli import options, requests


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to train, and which test rows to show."""
    options.add(parser, "problems", "--framework", "--device", "--threads", "--python", "--timeout")
    options.add(parser, "--data", "--data-dir", *options.SETTINGS, "one --regime", "--seed")
    parser.add_argument("--rows", **options.number(1, "how many test rows", 5))
    first = options.number(0, "the first of them", 0) | {"metavar": "ROW"}
    parser.add_argument("--first", **first)
    options.add(parser, "--json", help="print a JSON object with a list of problems")


def main(args: argparse.Namespace) -> int:
    """Train one problem after another and show its rows at once."""
    from benchmarks.rows.predict import predicted
    from benchmarks.rows.predict_table import print_predictions

    names = requests.frameworks(args)
    if len(args.device) > 1:
        raise ValueError(f"--device: one device was expected, got {', '.join(args.device)}")
    devices = requests.devices(args, names)
    rows = range(args.first, args.first + args.rows)
    shown = []
    for problem in requests.problems(args):
        data = requests.data(problem, args)
        if rows[-1] >= len(data.y_test):
            raise ValueError(
                f"--first {args.first} --rows {args.rows}: {problem.name} has the test rows "
                f"0 to {len(data.y_test) - 1}"
            )
        jobs = [requests.job(args, problem, name, data, devices[name][0]) for name in names]
        shown.append(predicted(jobs, data, rows))
        if not args.json:
            print_predictions(shown[-1])
    if args.json:
        from benchmarks.show.answer import print_json

        print_json(args.command, shown)
    return 0
