"""A row of a text problem back to words."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Literal

from common.data import generated
from common.data.cache import cache_folder, load_sequences, save_sequences
from common.data.dataset import Data, DataError
from common.data.decode import Sequences, read_bytes, read_published
from common.data.files import DATASETS, File
from common.data.prepare import INDEX_FROM, START, UNKNOWN, keras_split
from common.data.sources import data_folder, fetch
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
    dataset = DATASETS[problem.name]
    name, digest = problem.name, dataset.sequences
    if data.source == "generated":
        name, digest = generated.name(problem), generated.SEQUENCES[problem.name]
    if kept := load_sequences(name, digest):
        return kept
    if data.source == "generated":
        made = generated.sequences(problem)
    else:
        paths = [folder / dataset.file.name for folder in _folders(data)]
        path = next((path for path in paths if path.is_file()), None)
        if path is None:
            raise DataError(
                f"the words of {problem.name} need {dataset.file.name}; name its folder in "
                f"TWINBENCH_DATA_DIR, or run `twinbench data fetch {problem.name}`"
            )
        made = keras_split(problem, read_published(path, dataset.file))
    save_sequences(name, made, digest)
    return made


def _folders(data: Data) -> list[Path]:
    return [Path(folder) for folder in (data.place, data_folder(None), cache_folder()) if folder]


def _spelling(problem: Problem, data: Data) -> dict[int, str]:
    """Rank to word; empty, with a line on standard error, when the word index cannot be had."""
    file = DATASETS[problem.name].word_index
    assert file is not None, f"{problem.name} is no text"
    paths = [folder / file.name for folder in _folders(data)]
    try:
        path = next((path for path in paths if path.is_file()), None)
        return _read(path or fetch(file, remember=True), file)
    except DataError as error:
        say_once(f"{error}; words are shown by their rank")
        return {}


@cache
def _read(path: Path, file: File) -> dict[int, str]:
    content = read_bytes(path)
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise DataError(f"{path} is not the published word index; replace it or remove it")
    return {rank: word for word, rank in json.loads(content).items()}
