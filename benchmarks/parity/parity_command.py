"""Prove that two frameworks compute the same, or show where not.

Each framework climbs the same ladder in a process of its own: data, weights, scores, loss,
gradients, 1, 10 and 100 steps, every epoch of the whole training, final predictions. What it finds
is compared with the reference in NumPy and with the other's; an error over its bound is a breach.
Traces, a heat map and the growth of the error are kept below the results folder, and another seed,
device or set of frameworks takes none of them away.

examples:
  twinbench parity                          all four problems, every installed framework
  twinbench parity boston --seed 3          other weights and another order of the rows
  twinbench parity mnist --device cpu,cuda  each device against the reference and the other
  twinbench parity --short                  10 steps and 2 epochs
  twinbench parity boston --json            every error and bound, and nothing else on stdout
  twinbench parity --twins my_twins.py      your own two models, judged against each other
  twinbench parity one.trace other.trace    two recordings of `twinbench.record`, from anywhere
  twinbench parity --measure                measure the bounds anew (into common/bounds.json)
  twinbench report --output page.html       what was found, twins as two trees side by side

a file for --twins is executed; docs/examples/conv_twins.py is one, and has in short:
  INPUT = (28, 28, 1)                       the shape of one row, channels last; several: a tuple
                                            of shapes, or a dict by name
  def keras_model(): ...                    two of these; import the framework inside
  def torch_model(): ...
  def jax_model(seed): ...                  a module of Flax NNX, of nnx.Rngs(seed)
  LOSS = "categorical_crossentropy"         a name of Keras's losses, or a function a model
  OPTIMIZER, WEIGHTS, DATA, data(), LOSS_ON, TOKENS, PAIRS, FLATTEN, RULES: see
  `pydoc common.twins.file` and `pydoc common.twins.problem`
both models are run in float32 and in float64: what is rounding vanishes there, a difference stays

two traces need no framework, and nothing is run: outputs, loss, gradients and steps as they were
recorded, in float64 for right or wrong, in fewer bits for right, undecided or wrong

exit status: 0 within all bounds, 1 a breach, a model that draws random numbers, or undecided, 2
usage or what cannot be judged, 3 data, 130 interrupted
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.cli import options, requests, types
from common.language import spoken
from common.regime import REGIMES
from common.say import inform, say

if TYPE_CHECKING:
    from benchmarks.harness.ladder import Ladder
    from benchmarks.records.place import Place
    from benchmarks.statistics.parity import Parity
    from common.problem import Problem

BREACH = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of which problems are climbed, by which frameworks, and how far."""
    listed = "one or more of {problems} (default: all), or two files of traces"
    options.add(parser, "problems", type=types.checked(_problem_or_trace), help=listed)
    options.add(parser, "--twins", "--framework", "--device", "--threads", "--python")
    options.add(parser, "--data", "--data-dir", "--results")
    shared = [name for name, regime in REGIMES.items() if regime.shared_initial]
    words = "one in which all start from the same weights (default: %(default)s)"
    options.add(parser, "one --regime", choices=shared, help=words)
    options.add(parser, "--seed")
    parser.add_argument("--short", action="store_true", help="10 steps and 2 epochs")
    options.add(parser, "--json", help="print every error and its bound")
    parser.add_argument("--all", action="store_true", help="show what is equal bit for bit too")
    parser.add_argument(
        "--weights",
        choices=("carried", "own", "drawn"),
        default="",
        help="of twins: one model's weights in both, each its own, or random ones "
        "(default: carried where a model brings weights, else drawn)",
    )
    parser.add_argument(
        "--measure",
        action="store_true",
        help="write the bounds instead: every setting, on the real and the embedded data",
    )


def main(args: argparse.Namespace) -> int:
    """Climb with one problem after another, and show each as soon as it is compared."""
    from benchmarks.parity.climbed import keep, plain

    traces = [one for one in args.problems if isinstance(one, Path)]
    if traces:
        return _judge_traces(traces, args)
    requests.check_protocol(args)
    if args.twins:
        return _judge_twins(args)
    problems = requests.problems(args)
    if args.measure:  # a bound is that of all
        return _measure(problems, requests.available(args.framework, args.python), args)
    arms = _arms(requests.frameworks(args), args)
    results, breaches = [], 0
    for problem in problems:
        parity = _climb(problem, arms, args)
        breaches += parity.breach() is not None
        results.append(plain(parity, arms))
        path = args.results / parity.ladder.key(arms)
        keep(results[-1], path.with_suffix(".json"))
        _show(parity, path, args)
    if args.json:
        _print_json(results, args)
    return BREACH if breaches else 0


def _problem_or_trace(text: str) -> str | Path:
    path = Path(text)
    return path if path.suffix == ".trace" or path.is_file() else types.problem(text)


def _judge_traces(traces: list[Path], args: argparse.Namespace) -> int:
    """Judge two recordings; nothing of them is kept, as they are kept already."""
    from benchmarks.twins.report import STATUS
    from benchmarks.twins.traces.judge import judge_traces
    from benchmarks.twins.traces.report import numbers, print_traces

    if len(args.problems) != 2 or len(traces) != 2 or args.twins or args.measure:
        raise ValueError("two traces are compared with each other, and with nothing else")
    judgement = judge_traces(*traces)
    if args.json:
        _print_json([numbers(judgement, traces)], args)
    else:
        print_traces(judgement, every=args.all)
    return STATUS[judgement.verdict]


def _arms(names: list[str], args: argparse.Namespace) -> list[Place]:
    from benchmarks.records.place import Place

    devices = requests.devices(args, names)
    python = dict(args.python)
    return [
        Place(name, device, args.threads, python.get(name))
        for name in names
        for device in devices[name]
    ]


def _climb(problem: Problem, arms: list[Place], args: argparse.Namespace) -> Parity:
    """Climb one problem with all arms and the reference in turn; the arms' traces are saved."""
    import numpy as np

    from benchmarks.harness.ladder import SHORT, Ladder, climb_apart, climb_by_hand
    from benchmarks.parity.climbed import save_trace
    from benchmarks.statistics.parity import Parity
    from common.trace import STEPS

    steps, epochs = SHORT if args.short else (STEPS, problem.epochs)
    ladder = Ladder(
        problem,
        REGIMES[args.regime],
        args.seed,
        data=args.data,
        data_dir=requests.data_dir(args),
        steps=steps,
        epochs=epochs,
    ).planned()
    notice = ladder.loaded().notice
    if notice:
        say(f"NOTE, {problem.name}: {notice}")
    traces = {}
    path = args.results / ladder.key(arms)
    for arm in arms:
        with _progress(ladder, str(arm)) as on_rung:
            traces[str(arm)] = climb_apart(ladder, arm, on_rung)
        name = f"{path.name}-{arm.framework}-{arm.device}.npz".replace(":", "-")
        save_trace(traces[str(arm)], path.with_name(name))
    with _progress(ladder, "reference") as on_rung:
        exact = climb_by_hand(ladder, on_rung=on_rung)
    with _progress(ladder, "reference in float32") as on_rung:
        rounded = climb_by_hand(ladder, np.float32, on_rung)
    return Parity(ladder, notice, exact, rounded, traces)


def _twin_arms(args: argparse.Namespace) -> list[Place]:
    """Who has a model in the file: those that are asked for, or all that are installed."""
    from benchmarks.twins.requested import check_tutorial
    from common.twins.file import read_file

    if args.measure:
        raise ValueError("--measure needs the reference, which twins have not; leave out --twins")
    check_tutorial(args.regime)
    if args.problems:
        raise ValueError(f"--twins stands instead of a problem, got {', '.join(args.problems)} too")
    models = read_file(args.twins).models
    every = requests.available(None, args.python)
    names = args.framework or [name for name in every if name in models]
    arms = _arms(requests.available(names, args.python), args)
    if len(arms) < 2:
        held = ", ".join(f"{name}_model" for name in models) or "none"
        raise ValueError(
            f"--twins compares two models, frameworks or devices; {args.twins} has {held}, and of "
            f"what is installed that leaves {', '.join(map(str, arms)) or 'none'}"
        )
    return arms


def _judge_twins(args: argparse.Namespace) -> int:
    """Judge a user's two models, the first arm's against each other's; kept and shown."""
    from contextlib import ExitStack

    from benchmarks.harness.process import Child
    from benchmarks.parity.climbed import keep
    from benchmarks.records.job import path_of
    from benchmarks.twins.judge import THREADS, judge
    from benchmarks.twins.report import STATUS, numbers, print_judgement

    results, status = [], 0
    arms = [replace(arm, threads=arm.threads or THREADS) for arm in _twin_arms(args)]
    with ExitStack() as stack:
        children = [stack.enter_context(Child.at(arm, REGIMES["matched"])) for arm in arms]
        for arm, child in zip(arms[1:], children[1:], strict=True):
            with _stages(f"{args.twins.name}: {arms[0]} and {arm}") as on_stage:
                judgement = judge(
                    args.twins,
                    (arms[0].framework, arm.framework),
                    seed=args.seed,
                    children=(children[0], child),
                    weights=args.weights,
                    data=(args.data, requests.data_dir(args)),
                    devices=(arms[0].device, arm.device),
                    on_stage=on_stage,
                )
            results.append(numbers(judgement, args.threads))
            settings = {"arms": [str(arms[0]), str(arm)], "file": judgement.digest}
            name = judgement.name.replace(":", "-")
            path = args.results / path_of(("parity", name, "matched"), args.seed, settings)
            keep(results[-1], path.with_suffix(".json"))
            if not args.json:
                print_judgement(judgement, every=args.all)
            status = max(status, STATUS[judgement.verdict])
    if args.json:
        _print_json(results, args)
    return status


def _print_json(results: list[dict[str, Any]], args: argparse.Namespace) -> None:
    from benchmarks.parity.climbed import verdicts
    from benchmarks.show.answer import print_json

    print_json(args.command, results, verdicts(results))


@contextmanager
def _stages(title: str) -> Iterator[Callable[[str], None]]:
    """Show on standard error what is being done."""
    from rich.progress import TextColumn, TimeElapsedColumn

    from benchmarks.harness.progress import bar_of

    with bar_of(TextColumn("{task.description}"), TimeElapsedColumn()) as bar:
        if bar.disable:
            inform(title)
        stage = bar.add_task(title, total=None)
        yield lambda text: bar.update(stage, description=f"{title}: {spoken(text)}")


@contextmanager
def _progress(ladder: Ladder, who: str) -> Iterator[Callable[[str], None]]:
    """Show the present rung on standard error; in a file, write one line per climb."""
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn

    from benchmarks.harness.progress import bar_of
    from common.trace import rungs

    title = f"{ladder.problem.name} {who}"
    with bar_of(BarColumn(20), TextColumn("{task.description}"), TimeElapsedColumn()) as bar:
        if bar.disable:
            inform(f"{title} climbs")
        climb = bar.add_task(title, total=len(rungs(ladder.steps, ladder.epochs)))
        yield lambda rung: bar.update(climb, advance=1, description=f"{title}: {rung}")


def _show(parity: Parity, path: Path, args: argparse.Namespace) -> None:
    from benchmarks.parity.parity_table import print_parity, save_figures
    from benchmarks.show.section import drawn

    if not args.json:
        print_parity(parity, every=args.all)
    drawn(lambda: save_figures(parity, path.parent, path.name))


def _measure(problems: list[Problem], names: list[str], args: argparse.Namespace) -> int:
    """Measure the bounds of each problem, and write them as soon as they are known."""
    from benchmarks.parity.bounds import measure, write_bounds
    from common.trace import BOUNDS

    for problem in problems:
        write_bounds(measure([problem], names, args.data_dir, say), BOUNDS)
        inform(f"{BOUNDS}: bounds of {problem.name} written")
    return 0
