"""The verdict on two models in words."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.twins.compare import Rung
from benchmarks.twins.match import Pair
from benchmarks.twins.phrases import listed
from benchmarks.twins.place import Fault
from common.language import Phrase, chained, phrase, spoken

LETTERS = 700  # of a sentence, which is cut between two clauses
FIXED = 1e-5  # a tolerance that people use: a larger error in float32 is said to be rounding
FAR = 1e-1  # of its scale: a tensor in float32 that is farther from float64 has no digit left


def said_right(weights: str, rungs: Sequence[Rung]) -> Phrase:
    """That two models compute the same, and what differs in float32 and vanishes in float64."""
    sentence = phrase("the two compute the same, {weights}", weights=whose(weights))
    rounded = [r for r in rungs if FIXED < r.error32 <= FAR]
    if not rounded:
        return sentence
    worst = max(rounded, key=lambda r: r.error32)
    rounding = phrase(
        "{rung} {tensor} differs by {error32:.0e} in float32, which is rounding: {error:.0e} in "
        "float64",
        **worst._asdict(),
    )
    return chained("; ", [sentence, rounding])


def said_random(framework: str, *, training: bool) -> Phrase:
    """That a model draws random numbers, and what to do."""
    return phrase(
        "{framework}'s model draws random numbers in {mode}: two runs of it on the same rows "
        "differ; make its noise an input, or take its mean, to compare it",
        framework=framework,
        mode=phrase("training") if training else phrase("evaluation"),
    )


def whose(weights: str) -> Phrase:
    """In words whose weights two models were compared with, as a judgement has it."""
    if weights == "drawn":
        return phrase("with random weights in both")
    if weights == "own":
        return phrase("each with its own weights")
    source = weights.removeprefix("carried from ")
    return phrase("with {framework}'s weights in both", framework=source)


def said_wrong(faults: Sequence[Fault], rungs: Sequence[Rung]) -> Phrase:
    """The first fault, the lowest rung that breaks, and where else."""
    clauses = [fault.sentence for fault in faults[:1]]
    clauses += [
        phrase(
            "{rung} {tensor} differs by {error32:.1e}, and by {error:.1e} in float64, where "
            "rounding stays below {bound:.0e}",
            **r._asdict(),
        )
        for r in [r for r in rungs if r.broken][:1]
    ]
    if len(faults) > 1:
        places = listed(fault.places[0] for fault in faults[1:])
        clauses.append(phrase("also: {places}", places=places))
    sentence = chained("; ", clauses)
    if len(sentence) <= LETTERS:
        return sentence
    return Phrase(sentence[:LETTERS].rpartition("; ")[0], spoken(sentence))


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
        phrase(
            "{names} pass by a bound of yours alone: {rung} {tensor} differs by {error:.1e} in "
            "float64, below {bound:.0e}, where rounding stays below {usual:.0e}",
            names=listed(names),
            **worst._asdict(),
        )
    ]


def unforced(pairs: Sequence[Pair]) -> list[str]:
    """A sentence on pairs that had a choice, of a model for which no choice made all agree."""
    names = [pair.name for pair in pairs if not (pair.forced or pair.chosen)]
    if not names:
        return []
    return [
        phrase(
            "{names}: of one kind and shape with others; their order and what flows paired them, "
            "and PAIRS can",
            names=listed(names),
        )
    ]


def lost_digits(frameworks: Sequence[str], rungs: Sequence[Rung]) -> list[str]:
    """Sentences on a model whose float32 has nothing to do with its float64.

    Steps tell nothing of that: where a gradient is nearly zero an adaptive optimiser divides its
    rounding by itself, and steps as far as anywhere.
    """
    sentences: list[str] = []
    for side, framework in enumerate(frameworks):
        lost = [r for r in rungs if r.own[side] > FAR and not r.rung.startswith("step")]
        if lost:
            worst = max(r.own[side] for r in lost)
            sentences.append(
                phrase(
                    "{framework} in float32 is {worst:.0e} away from itself in float64 at {names}: "
                    "no digit of it is left; an ill-conditioned model, or a kernel of the "
                    "framework that is wrong",
                    framework=framework,
                    worst=worst,
                    names=listed(f"{r.rung} {r.tensor}" for r in lost),
                )
            )
    return sentences
