"""Two models judged: right, wrong and where, random, or refused with what to write.

Judged is what a user can feel: outputs, loss, gradients, weights and running statistics after
steps. The judge is the same model in float64: rounding shrinks there, a difference stays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from benchmarks.harness.process import Child
from benchmarks.twins.case import Case, Say
from benchmarks.twins.causes.stated import drawing
from benchmarks.twins.climb import Refused, Side, events_of
from benchmarks.twins.compare import Bounds
from benchmarks.twins.judgement import Judgement
from benchmarks.twins.prepared import judged
from common.language import phrase
from common.twins.file import read_file
from common.twins.user_file import family

THREADS = 2  # with one, TensorFlow 2.21 overruns its heap in the gradient of a strided convolution


def judge(
    path: str | Path,
    frameworks: tuple[str, str],
    *,
    seed: int = 0,
    children: Mapping[str, Child] | Sequence[Child] = (),
    weights: str = "",
    data: tuple[str, str | None] = ("auto", None),
    devices: tuple[str, str] = ("cpu", "cpu"),
    on_stage: Say = lambda stage: None,
    files: tuple[Path, Path] | None = None,
    bounds: Bounds = (),
    on_right: Callable[[Case], None] = lambda case: None,
) -> Judgement:
    """Judge the two models of a file.

    `children` are processes that may serve many files, by framework or one for each model; one
    that is missing is made and ended here. `weights` is "carried", "own" or "drawn"; empty: what
    the models ask for. `data` says where the rows of DATA are, as `load` takes it. `on_stage` hears
    what is being done. `files` are weights of the first model, and where those of the second are
    written if it is right, whole or not at all. `bounds` take the place of the judge's own;
    `on_right` is given what was seen, where the verdict is right. Raises ValueError for a file that
    cannot be read; a model that fails is a verdict.
    """
    judgement = Judgement(str(path), frameworks, seed)
    with ExitStack() as stack:
        try:
            file = read_file(path)
            if files:
                file = replace(file, weights={family(frameworks[0]): str(files[0])})
            judgement.digest = file.sha256
            sides = []
            for number, name in enumerate(frameworks):
                if family(name) not in file.models:
                    raise Refused(
                        phrase(
                            "{file} has no function {name}_model",
                            file=Path(path).name,
                            name=family(name),
                        )
                    )
                child = _child(children, number, name) or stack.enter_context(
                    Child(name, device=devices[number], threads=THREADS)
                )
                stack.callback(forget, child)
                on_stage(phrase("{name} builds its model", name=name))
                sides.append(Side(child, file, name, seed, devices[number]))
            judgement.rungs, judgement.faults = judged(file.path, sides, seed)
            rows, y = file.rows(seed, *data, on_notice=judgement.stand_in)
            case = Case(judgement, file, (sides[0], sides[1]), (rows, y), weights, on_stage, bounds)
            case.judge()
            if judgement.verdict == "random":
                judgement.causes = [
                    cause
                    for side in sides
                    for cause in drawing(side.framework, events_of(side, rows))
                ]
            if files and judgement.verdict == "right":
                case.write_other(files[1])
            if judgement.verdict == "right":
                on_right(case)
        except Refused as error:
            judgement.sentence = error.args[0]
    return judgement


def _child(children: Mapping[str, Child] | Sequence[Child], number: int, name: str) -> Child | None:
    if isinstance(children, Mapping):
        return children.get(name)
    return children[number] if number < len(children) else None


def forget(child: Child) -> None:
    """Free what the judge opened in a process."""
    if not child.connection.closed:
        child.call("benchmarks.twins.probes:close_probes")
