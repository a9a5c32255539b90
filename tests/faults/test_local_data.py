"""A folder of data that are not the published ones: one line, status 3, and nothing is trained."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.cli.main import main
from common.data import DataError, load
from common.problem import PROBLEMS
from tests.common.data.conftest import cache_dir, pretend  # noqa: F401

pytestmark = pytest.mark.fault
BOSTON = PROBLEMS["boston"]


@pytest.fixture
def houses(tmp_path, monkeypatch):
    """Arrays that pass for the published ones, and what writes others in their place."""
    random = np.random.default_rng(0)
    sound = {"x": random.normal(size=(506, 13)), "y": random.normal(20, 5, 506)}
    path = tmp_path / "boston_housing.npz"
    np.savez(path, **sound)
    pretend(monkeypatch, "boston", path)
    return sound, lambda arrays: np.savez(path, **arrays)


def changed(array: np.ndarray, place: tuple, value: float) -> np.ndarray:
    array = array.copy()
    array[place] = value
    return array


OTHER = "holds other data than the published"


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("x", lambda x: changed(x, (3, 4), np.nan), OTHER),
        ("y", lambda y: changed(y, (5,), -np.inf), OTHER),
        ("x", lambda x: changed(x, (3,), x[4]), OTHER),  # a row twice, another is lost
        ("x", lambda x: x[:-1], "expected x <f8 (506, 13)"),
        ("x", lambda x: x.astype(np.float32), "holds x <f4"),
        ("x", lambda x: x.astype(object), "is |O, expected numbers"),
    ],
)
def test_numbers_that_are_not_the_published(houses, tmp_path, capsys, name, change, says):
    sound, write = houses
    assert load(BOSTON, data="real", data_dir=tmp_path).x.shape == (404, 13)
    write(sound | {name: change(sound[name])})
    assert main(["data", "verify", "boston", "--data-dir", str(tmp_path)]) == 3
    [line] = capsys.readouterr().err.splitlines()
    assert says in line and "boston_housing.npz" in line and "replace" in line
    for data in ("auto", "real"):
        with pytest.raises(DataError, match="boston_housing"):
            load(BOSTON, data=data, data_dir=tmp_path)
