"""What a twins file says of raw rows, and of what makes of them the rows that its models get.

RAW = (48, 64, 3)                  # the shape of one raw image, whose bytes are random; or
def raw(): return rows             # raw rows of your own: arrays of bytes, or strings
def keras_preprocess(raw): ...     # one raw row -> the array that the model is given of it
def torch_preprocess(raw): ...     # the same in the port; a tensor is an array too
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from common.twins.user_file import family, refusal, user_module

ROWS = 4  # raw rows that both functions are given


def raw_rows(path: str, frameworks: Sequence[str], seed: int) -> list[Any]:
    """Raw rows, each an array of bytes or what `raw` gives; none unless both have a function.

    Raises ValueError where there is neither RAW nor `raw`, or RAW is no shape.
    """
    module = user_module(path)[0]
    if not all(hasattr(module, f"{family(name)}_preprocess") for name in frameworks):
        return []
    if hasattr(module, "raw"):
        return list(module.raw())[:ROWS]
    shape = getattr(module, "RAW", None)
    if not (isinstance(shape, tuple) and all(isinstance(n, int) and n > 0 for n in shape)):
        raise refusal(path, "RAW", "expected the shape of one raw image, or a function raw()")
    rng = np.random.default_rng([seed, 3])
    return list(rng.integers(0, 256, (ROWS, *shape), dtype=np.uint8))


def preprocessed(path: str, framework: str, rows: Sequence[Any]) -> list[np.ndarray]:
    """What the file's function makes of each raw row; imports the framework if the function does.

    Raises what the function raises, and ValueError for what is no array of numbers.
    """
    function = getattr(user_module(path)[0], f"{family(framework)}_preprocess")
    return [_array(function(np.copy(x) if isinstance(x, np.ndarray) else x)) for x in rows]


def _array(made: Any) -> np.ndarray:
    made = made.detach().cpu() if hasattr(made, "detach") else made
    array = np.asarray(made)
    if array.dtype.kind not in "biuf":
        raise ValueError(f"it gives a {type(made).__name__}, expected an array of numbers")
    return array.astype(np.float64)
