"""Records of `twinbench parity --twins`: both models as trees, and where and why they part."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import starmap

from benchmarks.records.arm import group_by
from benchmarks.records.keys import Record
from benchmarks.records.kinds import Differing, Layers, Parity
from benchmarks.show.part import Part
from benchmarks.show.section import Section
from benchmarks.show.trees import WITHIN, Error, Leaf, Trees
from benchmarks.twins.cause import lines_to_write, with_line
from benchmarks.twins.flow import CLOSE
from common.framework import label_of
from common.say import counted

ERRORS = ("goes in", "comes out", "own", "training")
OUTPUTS = "outputs"


def parts(kinds: Mapping[str, list[Record]]) -> Iterator[Part]:
    """The latest check of each pair of models."""
    records = [r for r in kinds.get("parity", []) if isinstance(r, Parity) and r.judged]
    latest: dict[tuple, list[Parity]] = {}
    for record in sorted(records, key=lambda r: r.created or ""):
        key = record.problem, *record.frameworks, record.seed, record.weights
        latest.setdefault(key, []).append(record)
    if latest:
        yield Part(
            "twins",
            "Is the port right?",
            "Both models in float64, layer by layer. An error is max|a - b| / max|b|: of what goes "
            "into the layers and comes out of them, of what comes out where both are given the "
            "same (a layer's own error: the rest is inherited), and the largest of its gradients "
            "and of its weights after steps. The names are coloured by what comes out.",
            [s for same in [*latest.values()][::-1] for s in _sections(same[-1], len(same) - 1)],
        )


def _sections(record: Parity, earlier: int) -> Iterator[Section]:
    sides = tuple(map(label_of, [*record.frameworks, "", ""][:2]))
    name = f"{record.problem.removeprefix('twins:')}: {' and '.join(sides)}, seed {record.seed}"
    good, verdict = record.judged == "right", record.verdict
    faults = [fault.sentence for fault in record.faults[1:]]  # the verdict has the first
    written = zip(record.causes, lines_to_write(record.causes), strict=True)
    causes = [(c.reason, line) if c.reason else (c.sentence, "") for c, line in written]
    notices = [f"NOTE: {record.notice}"] if record.notice else []
    notes = [note for note in record.notes if note != record.notice]
    if earlier:
        notes.append(f"{counted(earlier, 'earlier check')} of these two in the records")
    leaves = list(_leaves(record))
    yield Section(
        name,
        (*sides, *ERRORS, "settings that differ"),
        [
            ["*" * leaf.marked + leaf.left, leaf.right, *texts, "; ".join(leaf.notes)]
            for leaf in leaves
            for texts in [[error.text for error in leaf.errors]]
        ],
        left=(0, 1, 2 + len(ERRORS)),
        notices=[*notices, *[verdict] * (not good)],
        notes=[*[verdict] * good, *faults, *starmap(with_line, causes), *notes],
        trees=Trees(
            notices,
            verdict,
            good,
            faults,
            causes,
            notes,
            (sides[0], sides[1]),
            ERRORS,
            leaves,
        ),
    )
    if record.differences:
        rows = [[d.rung, d.tensor, *_against(d)] for d in record.differences]
        headings = ("rung", "tensor", "in float64", "bound")
        yield Section(f"Every tensor of {name}", headings, rows, (0, 1), long=True, folded=True)


def _against(d: Differing) -> tuple[str, str]:
    error = Error.of(d.error, d.bound or 0.0)
    mark = "*" * (error.level not in WITHIN)
    return mark + error.text, "" if d.bound is None else f"{d.bound:.0e}"


def _leaves(record: Parity) -> Iterator[Leaf]:
    """A leaf a pair in the order of the first model, then what has no partner, then the outputs."""
    marked = {place for fault in record.faults for place in fault.places}
    by_rung = group_by(record.differences, lambda d: d.rung.startswith(OUTPUTS))
    outputs, by_layer = by_rung.get(True, []), group_by(by_rung.get(False, []), _layer_of)
    layers = record.layers or [Layers(pair[0], pair[1]) for pair in record.pairs if len(pair) == 2]
    for layer in layers:
        inherited, after = (_error(e, layer.shown) for e in (layer.inherited, layer.after))
        own = _error(layer.own, False)
        training = _worst(by_layer.get(layer.one, [])) if layer.one else Error()
        # two spellings of one setting are no difference
        parted = not {own.level, training.level} <= {"", *WITHIN}
        yield Leaf(
            layer.one,
            layer.other,
            after.level,
            (inherited, after, own, training),
            bool(marked & {layer.one, layer.other} - {""}),
            layer.settings if parted else (),
        )
    if outputs:
        worst = _worst(outputs)
        errors = (Error(), worst, Error(), Error())
        yield Leaf(OUTPUTS, OUTPUTS, worst.level, errors, OUTPUTS in marked)


def _error(error: float | None, shown: bool) -> Error:
    """An error of what flows; None is no number where it was shown, else nothing is known."""
    return Error() if error is None and not shown else Error.of(error, CLOSE)


def _worst(differences: list[Differing]) -> Error:
    """The tensor that goes farthest over its bound."""
    worst = max((d for d in differences if d.bound is not None), key=_share, default=None)
    return Error() if worst is None else Error.of(worst.error, worst.bound or 0.0)


def _share(d: Differing) -> float:
    if d.error is None:
        return math.inf
    return d.error / d.bound if d.bound else math.inf if d.error else 0.0


def _layer_of(d: Differing) -> str:
    """The layer of a tensor of a gradient or a step, by the first model's name."""
    return d.tensor.removeprefix("slot/first/").removeprefix("slot/second/").rpartition("/")[0]
