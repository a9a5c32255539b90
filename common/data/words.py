"""A row of a text problem back to words."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Literal

from common.data import generated
from common.data.cache import cache_folder
from common.data.dataset import Data, DataError
from common.data.decode import Sequences, read_pinned
from common.data.files import DATASETS, File
from common.data.prepare import INDEX_FROM, START, UNKNOWN
from common.data.sources import as_keras_loads, data_folder, fetch, real_text
from common.problem import Problem
from common.say import say_once


def words(problem: Problem, data: Data, row: int, split: Literal["train", "test"] = "train") -> str:
    """The words of a row in their order, as Keras's `load_data(num_words=10000)` keeps them.

    The start of the text is left out and a word beyond the 10,000 commonest is "?". Generated
    words have no spelling: they are shown by their rank, as are all words when the word index
    cannot be had. Raises ValueError for a row that is not there.
    """
    text = sequences(problem, data)["x" if split == "train" else "x_test"]
    rows = len(text.offsets) - 1
    if not 0 <= row < rows:
        raise ValueError(f"{problem.name} has the {split} rows 0 to {rows - 1:,}, got {row}")
    row_words = text.words[text.offsets[row] : text.offsets[row + 1]].tolist()
    spelling = {} if data.source == "generated" else _spelling(problem, data)
    spelling = {**spelling, UNKNOWN - INDEX_FROM: "?"}
    ranks = (word - INDEX_FROM for word in row_words if word != START)
    return " ".join(spelling.get(rank, f"#{rank}") for rank in ranks)


def sequences(problem: Problem, data: Data) -> dict[str, Sequences]:
    """`x` and `x_test` of a text problem's data as words in their order.

    Raises DataError when neither the cache nor the file that `data` came from is there any more.
    """
    generated_text = data.source == "generated"
    text = generated.TEXTS[problem.name] if generated_text else real_text(problem)
    if (kept := text.words()) is not None:
        return kept
    choice, folder = data.again or ("auto", None)
    split = as_keras_loads(problem, data=choice, data_dir=folder)
    text.keep(split)
    return split


def _spelling(problem: Problem, data: Data) -> dict[int, str]:
    """Rank to word; empty, with a line on standard error, when the word index cannot be had."""
    file = DATASETS[problem.name].word_index
    assert file is not None, f"{problem.name} is no text"
    folders = (data.place, data_folder(None), cache_folder())
    paths = [Path(folder, file.name) for folder in folders if folder]
    try:
        path = next(filter(Path.is_file, paths), None)
        return _word_index(path or fetch(file, remember=True), file)
    except DataError as error:
        say_once(f"{error}; words are shown by their rank")
        return {}


@cache
def _word_index(path: Path, file: File) -> dict[int, str]:
    return {rank: word for word, rank in json.loads(read_pinned(path, file)).items()}
