"""Write the file of two models for `parity --twins`; judge it.

Each TARGET is package.module:Name, a function or a class of your own that builds a model; the
working folder and that of the file are searched first, and nothing of yours is copied. Which
framework it is of is found by importing it, in a process of that framework. What must be there and
cannot be seen is left blank, as `...`: an argument without a default, or INPUT where no model is a
built one of Keras. Without a blank the two are judged, by the judge of `twinbench parity`.

examples:
  twinbench new-twins nets.before:build nets.after:Net     writes net_twins.py
  twinbench new-twins nets.before:build nets.after:Net --input 32,32,3
  twinbench new-twins a:Net b:Net --input 6 --input 4      two inputs, (6,) and (4,)

no process holds two frameworks: two models of one module must import their framework inside their
function, as the twins file does; else give each a module of its own

exit status: 0 the file is written, whatever the judge says of it, 2 usage or no such model
"""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.cli import options, requests, types
from common.atomic import replaced
from common.framework import frameworks
from common.say import inform, say
from common.twins.target import Target

if TYPE_CHECKING:
    from benchmarks.harness.process import Child
    from benchmarks.twins.draft import Draft, Model

OPEN = {
    "LOSS": "a fixed random projection of every output is trained",
    "OPTIMIZER": "RMSprop steps in both",
    "WEIGHTS": "each model's own where it has any, else random ones",
}
"""What a file does without; the command says what is done instead."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The two models, the shape of a row, and where the file goes."""
    parser.add_argument(
        "targets",
        nargs=2,
        metavar="TARGET",
        type=types.checked(Target.of),
        help="package.module:Name, what builds a model of Keras, PyTorch or Flax",
    )
    parser.add_argument(
        "--input",
        metavar="SHAPE",
        action="append",
        type=types.widths,
        help="shape of one row, channels last, such as 32,32,3; may be given for each input",
    )
    options.add(parser, "--into", help="the file that is written (default: NAME_twins.py)")
    options.add(parser, "--force", help="write over a file that is there")
    options.add(parser, "--python")


def main(args: argparse.Namespace) -> int:
    """Look at both models, write the file, judge it where nothing is blank, say what is open."""
    from benchmarks.twins.draft import draft
    from benchmarks.twins.judge import judge
    from benchmarks.twins.report import print_judgement

    path = args.into or Path(f"{args.targets[1].name.rpartition('.')[2].lower()}_twins.py")
    if path.exists() and not args.force:
        raise ValueError(f"{path} is there already: give another --into, or --force")
    with ExitStack() as stack:
        models, children = [], {}
        for target in args.targets:
            model, child = _recognised(target, path, args, stack)
            if model.framework in children:
                raise ValueError(f"both are of {model.framework}; twins are of two frameworks")
            models.append(model)
            children[model.framework] = child
        drafted = draft(models, path.name, args.input or ())
        with replaced(path) as file:
            file.write(drafted.text.encode())
        inform(f"{path}: written")
        if not drafted.blanks:
            first, second = (name for name in frameworks() if name in children)
            judgement = judge(path, (first, second), children=children)
            print_judgement(replace(judgement, rungs=[]))
    _say_open(path, drafted)
    return 0


def _recognised(
    target: Target, path: Path, args: argparse.Namespace, stack: ExitStack
) -> tuple[Model, Child]:
    """The target as its framework sees it, and the process in which it did.

    Each process is a fresh one: what an earlier target has loaded says nothing of this one. Raises
    ValueError where no framework sees a model.
    """
    from benchmarks.harness.process import Child
    from benchmarks.twins.draft import Model
    from benchmarks.twins.judge import THREADS

    names, python, reasons = requests.available(None, args.python), dict(args.python), []
    for name in names:
        child = stack.enter_context(Child(name, threads=THREADS, python=python.get(name)))
        seen = child.call("common.twins.target:look", name, str(path), target)
        if not isinstance(seen, str):
            if seen.failed:
                say(f"NOTE: {target}() ends with {seen.failed}")
            return Model(name, target, seen), child
        child.close()
        reasons.append(f"in a process of {name} {seen}")
    raise ValueError(f"{target} is a model of none of {', '.join(names)}: {'; '.join(reasons)}")


def _say_open(path: Path, drafted: Draft) -> None:
    """What is still to be filled in, or may be."""
    for blank in drafted.blanks:
        print(f"to be filled in: {blank}")
    for name, instead in OPEN.items():
        print(f"may be filled in: {name}; without it {instead}")
    print(f"then: twinbench parity --twins {path}")
