"""The verdict on two models in words."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.twins.compare import Rung
from benchmarks.twins.match import Pair
from benchmarks.twins.place import Fault, listed

LETTERS = 700  # of a sentence, which is cut between two clauses
FIXED = 1e-5  # a tolerance that people use: a larger error in float32 is said to be rounding
FAR = 1e-1  # of its scale: a tensor in float32 that is farther from float64 has no digit left


def said_right(weights: str, rungs: Sequence[Rung]) -> str:
    """That two models compute the same, and what differs in float32 and vanishes in float64."""
    sentence = f"the two compute the same, {whose(weights)}"
    rounded = [r for r in rungs if FIXED < r.error32 <= FAR]
    if not rounded:
        return sentence
    worst = max(rounded, key=lambda r: r.error32)
    return (
        f"{sentence}; {worst.rung} {worst.tensor} differs by {worst.error32:.0e} in float32, which "
        f"is rounding: {worst.error:.0e} in float64"
    )


def said_random(framework: str, *, training: bool) -> str:
    """That a model draws random numbers, and what to do."""
    return (
        f"{framework}'s model draws random numbers in {'training' if training else 'evaluation'}: "
        "two runs of it on the same rows differ; make its noise an input, or take its mean, to "
        "compare it"
    )


def whose(weights: str) -> str:
    """In words whose weights two models were compared with, as a judgement has it."""
    words = {"drawn": "with random weights in both", "own": "each with its own weights"}
    return words.get(weights, f"with {weights.removeprefix('carried from ')}'s weights in both")


def said_wrong(faults: Sequence[Fault], rungs: Sequence[Rung]) -> str:
    """The first fault, the lowest rung that breaks, and where else."""
    clauses = [fault.sentence for fault in faults[:1]]
    clauses += [
        f"{r.rung} {r.tensor} differs by {r.error32:.1e}, and by {r.error:.1e} in float64, where "
        f"rounding stays below {r.bound:.0e}"
        for r in [r for r in rungs if r.broken][:1]
    ]
    if len(faults) > 1:
        clauses.append(f"also: {listed(fault.places[0] for fault in faults[1:])}")
    sentence = "; ".join(clauses)
    return sentence if len(sentence) <= LETTERS else sentence[:LETTERS].rpartition("; ")[0]


def remarks(frameworks: Sequence[str], rungs: Sequence[Rung]) -> list[str]:
    """Sentences on the numbers, whatever the verdict is."""
    return [*eased(rungs), *lost_digits(frameworks, rungs)]


def eased(rungs: Sequence[Rung]) -> list[str]:
    """A sentence on tensors that a bound of the user's lets pass, and the judge's own would not."""
    names = [f"{r.rung} {r.tensor}" for r in rungs if r.excused]
    if not names:
        return []
    worst = max((r for r in rungs if r.excused), key=lambda r: r.error)
    return [
        f"{listed(names)} pass by a bound of yours alone: {worst.rung} {worst.tensor} differs by "
        f"{worst.error:.1e} in float64, below {worst.bound:.0e}, where rounding stays below "
        f"{worst.usual:.0e}"
    ]


def unforced(pairs: Sequence[Pair]) -> list[str]:
    """A sentence on pairs that had a choice, of a model for which no choice made all agree."""
    names = [pair.name for pair in pairs if not (pair.forced or pair.chosen)]
    if not names:
        return []
    return [
        f"{listed(names)}: of one kind and shape with others; their order and what flows paired "
        "them, and PAIRS can"
    ]


def lost_digits(frameworks: Sequence[str], rungs: Sequence[Rung]) -> list[str]:
    """Sentences on a model whose float32 has nothing to do with its float64.

    Steps tell nothing of that: where a gradient is nearly zero an adaptive optimiser divides its
    rounding by itself, and steps as far as anywhere.
    """
    sentences = []
    for side, framework in enumerate(frameworks):
        lost = [r for r in rungs if r.own[side] > FAR and not r.rung.startswith("step")]
        if lost:
            worst = max(r.own[side] for r in lost)
            sentences.append(
                f"{framework} in float32 is {worst:.0e} away from itself in float64 at "
                f"{listed(f'{r.rung} {r.tensor}' for r in lost)}: no digit of it is left; an "
                "ill-conditioned model, or a kernel of the framework that is wrong"
            )
    return sentences
