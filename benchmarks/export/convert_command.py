"""Carry a network's weights from one file format to another, or train and save them.

The suffix tells what a file is: .safetensors (canonical names, for every framework), .keras, or .pt
(the state_dict of an nn.Sequential). A file is written by its own framework, in a process of its
own, and read as plain numbers: no code in it is run, and a file much larger than the network is
refused. Before OUT takes its place it is read again into its own framework (a .safetensors into
another than IN's): the weights must be equal bit for bit, and scores and predictions of test rows
must agree with those of IN's framework.

examples:
  twinbench convert mnist digits.keras digits.pt
  twinbench convert boston houses.pt houses.safetensors --hidden 32,32
  twinbench convert imdb reviews.keras --train torch     train in one, save for the other
  twinbench convert boston houses.safetensors --train keras --optimizer-state

exit status: 0 OUT is written, 1 it disagrees with IN, 2 usage, 3 IN or the data are at fault; OUT
is left as it was but for 0
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from benchmarks.cli import options, requests
from benchmarks.export.convert import CANONICAL, ROWS, convert, giver_of, owners, taker_of
from common.say import counted

DISAGREES = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The files, or what to train, and the settings that the network was made with."""
    options.add(parser, "problem")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="IN OUT, or OUT alone")
    parser.add_argument("--train", metavar="FRAMEWORK", help="train in it, in place of an IN")
    parser.add_argument(
        "--optimizer-state",
        action="store_true",
        help=f"with --train: keep RMSprop's running squares and step count too ({CANONICAL} only)",
    )
    options.add(parser, "one --regime", "--seed", "--threads", "--python", "--timeout")
    options.add(parser, "--data", "--data-dir", *options.SETTINGS)


def main(args: argparse.Namespace) -> int:
    """Choose who reads and who writes, and show how well they agree."""
    problem = requests.problem(args)
    source, out = _places(args)
    here = requests.available(None, args.python)
    giver = giver_of(problem, source, here) if source else args.train
    names = requests.available([giver, taker_of(out, giver, here)], args.python)
    data = requests.data(problem, args)
    x = data.x_test[:ROWS]
    first, second = (requests.job(args, problem, name, data) for name in names)
    errors = convert(first, second, source, out, x, optimizer_state=args.optimizer_state)
    print(f"{' -> '.join(names)}, {counted(f'{x.shape[0]:,}', 'test row')}")
    for name, error in errors.items():
        verdict = "ok" if error.within else "OVER"
        print(f"  {name:<12} error {error.size:.1e}  bound {error.bound:.0e}  {verdict}")
    agrees = all(error.within for error in errors.values())
    print(f"{out}: " + ("written" if agrees else "not written, since it disagrees"))
    return 0 if agrees else DISAGREES


def _places(args: argparse.Namespace) -> tuple[Path | None, Path]:
    """IN (None for training) and OUT; ValueError when the command line makes no sense."""
    from common.data import DataError

    *sources, out = args.files
    if len(sources) != (0 if args.train else 1):
        expected = "OUT alone after --train" if args.train else "IN and OUT, or --train and OUT"
        raise ValueError(f"expected {expected}, got: {' '.join(map(str, args.files))}")
    known = [CANONICAL, *owners()]
    for path in args.files:
        if path.suffix not in known:
            raise ValueError(f"{path}: expected a file that ends in {', '.join(known)}")
    if args.optimizer_state and not (args.train and out.suffix == CANONICAL):
        raise ValueError(f"--optimizer-state needs --train and an OUT that ends in {CANONICAL}")
    if out.is_dir() or not os.access(out.parent, os.W_OK):
        raise ValueError(f"{out} cannot be written: expected a file in a folder that can be")
    if sources and not sources[0].is_file():
        raise DataError(f"{sources[0]}: no such file; name the file to read")
    return (sources[0] if sources else None), out
