"""A stand-in for the two text data sets: real shape, sparsity, class balance and difficulty.

A document is a bag of words. Its length is log-normal, its words follow Zipf's law, and a part of
them comes from the word distribution of its class instead: a distribution in which every word's
odds are multiplied by a log-normal factor. A document's share of such words, and how many of
them belong to another class, differ from document to document: that makes some of them hard.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from common.data.decode import Sequences
from common.data.prepare import Text, keras_words
from common.problem import Problem

SEED = 0
# what the recipes give, with digests as `Dataset` has them of the real data
TEXTS = {
    "imdb": Text(
        "imdb-generated",
        "sha256:0cd654d0a049dfaa8c82d6f84875058b0e487ab942a77f1d6a97efc6b551f322",
        "sha256:2ad83c81ef0ba97b43c82cc39296f34c524b3293d5a18a648df163ac0be362ab",
    ),
    "reuters": Text(
        "reuters-generated",
        "sha256:bf02520249b871ea800e8fcfb5346cbb0bf9bf77aa8b4ecd33fd5ff90478809b",
        "sha256:827110409574a53798813b261907e9e30c40ddeaf3223ffc823dbec04d357e32",
    ),
}
VOCABULARY = 25_000  # ranks; those beyond the 10,000 commonest become the unknown word


@dataclass(frozen=True)
class Recipe:
    """The figures of the real data set that the stand-in has, and two that set its difficulty."""

    rows: tuple[int, int]  # training, test
    balance: tuple[int, ...]  # weight of each class
    # Mean and standard deviation of the logarithm of words a row. A little shorter than the real
    # rows: these never say a word again because they said it once, and the different ones count.
    length: tuple[float, float]
    zipf: tuple[float, float]  # word r has the weight 1 / (r + shift) ** exponent
    topical: float  # share of words from class distributions
    purity: tuple[float, float]  # of these, the row's own class: beta distribution
    contrast: float  # standard deviation of the logarithm of a word's odds in a class


RECIPES = {
    "imdb": Recipe(
        rows=(25_000, 25_000),
        balance=(1, 1),
        length=(5.08, 0.65),
        zipf=(1.2, 6.0),
        topical=0.3,
        purity=(3.0, 1.15),
        contrast=1.2,
    ),
    "reuters": Recipe(
        rows=(8_982, 2_246),
        # rows of each topic among the real 11,228
        balance=(
            *(67, 537, 94, 3972, 2423, 22, 62, 19, 177, 126, 154, 473, 62, 209, 28, 29),
            *(543, 51, 86, 682, 339, 127, 22, 53, 81, 123, 32, 19, 58, 23, 57, 52),
            *(42, 16, 57, 16, 60, 21, 22, 29, 46, 38, 16, 27, 17, 19),
        ),
        length=(4.42, 0.86),
        zipf=(1.2, 8.0),
        topical=0.6,
        purity=(3.0, 1.0),
        contrast=2.0,
    ),
}


def origin(problem: Problem) -> str:
    """The generator and its seed."""
    return f"common.data.generated, {problem.name}, seed {SEED}"


def sequences(problem: Problem) -> dict[str, Any]:
    """`x`, `x_test` (Sequences of Keras's words) and `y`, `y_test` (int64) of a text problem."""
    recipe = RECIPES[problem.name]
    random = np.random.default_rng([SEED, len(recipe.balance)])
    cumulative = _cumulative(recipe, random)
    made: dict[str, Any] = {}
    for suffix, rows in zip(("", "_test"), recipe.rows, strict=True):
        y = _classes(recipe, rows, random)
        words = _words(recipe, y, cumulative, random)
        made[f"x{suffix}"], made[f"y{suffix}"] = keras_words(words, problem.features), y
    return made


def _cumulative(recipe: Recipe, random: np.random.Generator) -> np.ndarray:
    """Cumulative word probabilities, (1 + classes, VOCABULARY): of the language, of each class."""
    exponent, shift = recipe.zipf
    language = (np.arange(1, VOCABULARY + 1) + shift) ** -exponent
    odds = np.exp(recipe.contrast * random.standard_normal((len(recipe.balance), VOCABULARY)))
    weights = np.vstack([language, language * odds])
    cumulative = np.cumsum(weights, axis=1)
    return cumulative / cumulative[:, -1:]


def _classes(recipe: Recipe, rows: int, random: np.random.Generator) -> np.ndarray:
    """Classes in random order, in numbers as near to the balance as whole rows allow."""
    ends = np.cumsum(recipe.balance) / np.sum(recipe.balance) * rows
    return random.permutation(np.searchsorted(ends, np.arange(rows) + 0.5))


def _words(
    recipe: Recipe, y: np.ndarray, cumulative: np.ndarray, random: np.random.Generator
) -> Sequences:
    """Word ranks from 1 of documents of the given classes."""
    lengths = np.exp(random.normal(*recipe.length, len(y))).astype(np.int64) + 5
    row = np.repeat(np.arange(len(y)), lengths)
    other = random.permutation(y)  # another document's class: as skewed as the balance
    pure = random.beta(*recipe.purity, len(y))
    draw = random.random(len(row))
    # 0 is the language as a whole, 1 + c the words of class c
    table = np.where(draw < recipe.topical * pure[row], 1 + y[row], 1 + other[row])
    table[draw >= recipe.topical] = 0
    # each table's cumulative probabilities lie one above the last one's: one search for all
    places = (cumulative + np.arange(len(cumulative))[:, None]).ravel()
    cells = np.searchsorted(places, table + random.random(len(row)), side="right")
    ranks = 1 + np.minimum(cells - table * VOCABULARY, VOCABULARY - 1)
    return Sequences(ranks.astype(np.int32), np.concatenate([[0], np.cumsum(lengths)]))
