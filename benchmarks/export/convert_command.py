"""Carry a network's weights from one file format to another.

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
  twinbench convert --twins my_twins.py trained.keras port.pt

with --twins the file has your own two models: IN is read into the one, its weights are carried to
the other, the two are judged (`twinbench parity -h`), and OUT is written if they compute the same.
IN and OUT may then end in .h5, .weights.h5 and .pth too, and of JAX in .safetensors, .npz and
.msgpack.

exit status: 0 OUT is written, 1 it disagrees with IN, 2 usage, 3 IN or the data are at fault; OUT
is left as it was but for 0
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from itertools import product
from math import isfinite
from pathlib import Path

from benchmarks.cli import options, requests, types
from benchmarks.export.convert import CANONICAL, ROWS, convert, giver_of, owners, taker_of
from benchmarks.show.answer import print_json
from common.say import counted

DISAGREES = 1
FILES = "PROBLEM IN OUT, PROBLEM OUT with --train, or IN OUT with --twins"
OWNERS = {  # of a file of a user's own model, by its suffix
    ".keras": ("keras",),
    ".h5": ("keras",),
    ".pt": ("torch",),
    ".pth": ("torch",),
    ".safetensors": ("torch", "jax"),
    ".npz": ("jax",),
    ".msgpack": ("jax",),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The files, or what to train, and the settings that the network was made with."""
    options.add(parser, "problem", type=str)  # with --twins it is a file
    options.add(parser, "--twins")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help=FILES)
    parser.add_argument("--train", metavar="FRAMEWORK", help="train in it, in place of an IN")
    parser.add_argument(
        "--optimizer-state",
        action="store_true",
        help=f"with --train: keep RMSprop's running squares and step count too ({CANONICAL} only)",
    )
    options.add(parser, "one --regime", "--seed", "--threads", "--python", "--timeout")
    options.add(parser, "--data", "--data-dir", *options.SETTINGS, "--json")


def main(args: argparse.Namespace) -> int:
    """Choose who reads and who writes, and show how well they agree."""
    if args.twins:
        return _convert_twins(args)
    types.problem(args.problem)
    problem = requests.problem(args)
    source, out = _places(args)
    here = requests.available(None, args.python)
    giver = giver_of(problem, source, here) if source else args.train
    names = requests.available([giver, taker_of(out, giver, here)], args.python)
    data = requests.data(problem, args)
    x = data.x_test[:ROWS]
    first, second = (requests.job(args, problem, name, data) for name in names)
    errors = convert(first, second, source, out, x, optimizer_state=args.optimizer_state)
    agrees = all(error.within for error in errors.values())
    ended = f"{out}: " + ("written" if agrees else "not written, since it disagrees")
    ends = " -> ".join(names)
    if args.json:
        sizes = {name: e.size if isfinite(e.size) else None for name, e in errors.items()}
        found = {
            name: {"size": sizes[name], "bound": error.bound, "within": error.within}
            for name, error in errors.items()
        }
        entry = {"about": ends, "verdict": "agrees" if agrees else "disagrees", "sentence": ended}
        results = {"file": str(out), "written": agrees, "errors": found}
        print_json(args.command, results, [entry])
        return 0 if agrees else DISAGREES
    print(f"{ends}, {counted(f'{x.shape[0]:,}', 'test row')}")
    for name, error in errors.items():
        verdict = "ok" if error.within else "OVER"
        print(f"  {name:<12} error {error.size:.1e}  bound {error.bound:.0e}  {verdict}")
    print(ended)
    return 0 if agrees else DISAGREES


def _convert_twins(args: argparse.Namespace) -> int:
    """Carry a user's weights from one of their two models to the other, if both are the same."""
    from benchmarks.twins.judge import judge
    from benchmarks.twins.report import STATUS, numbers, print_judgement
    from common.twins.file import read_file

    source, *outs = map(Path, [args.problem, *args.files])
    if len(outs) != 1 or args.train:
        raise ValueError(
            f"--twins takes IN and OUT, got: {args.problem} {' '.join(map(str, outs))}"
        )
    names = _two_of(read_file(args.twins).models, source, outs[0])
    requests.available(names, args.python)
    judgement = judge(
        args.twins,
        names,
        seed=args.seed,
        data=(args.data, requests.data_dir(args)),
        weights="carried",
        files=(source, outs[0]),
    )
    written = judgement.verdict == "right"
    if args.json:
        found = numbers(judgement, args.threads)
        results = {"file": str(outs[0]), "written": written, "judgement": found}
        word, sentence = judgement.verdict, found["verdict"]
        entry = {"about": judgement.name, "verdict": word, "sentence": sentence}
        print_json(args.command, results, [entry])
        return STATUS[judgement.verdict]
    if not written:
        print_judgement(judgement)
    print(f"{outs[0]}: " + ("written" if written else "not written"))
    return STATUS[judgement.verdict]


def _two_of(models: Sequence[str], *paths: Path) -> tuple[str, str]:
    """The frameworks that IN and OUT are of, by their suffixes; two of those with a model."""
    owners = []
    for path in paths:
        owners.append([name for name in OWNERS.get(path.suffix, ()) if name in models])
        if not owners[-1]:
            known = [suffix for suffix, names in OWNERS.items() if set(names) & set(models)]
            raise ValueError(f"{path}: expected a file that ends in {', '.join(known)}")
    for one, other in product(*owners):
        if one != other:
            return one, other
    raise ValueError(f"{paths[0]} and {paths[1]} are both of {owners[0][0]}: copy the file")


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
