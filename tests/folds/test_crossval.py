"""K-fold validation: the folds' arithmetic, the report, and small real runs of the command."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from benchmarks.folds.crossval_table import (
    by_line,
    figure,
    fold_sections,
    mean_over_folds,
    save_fold_curves,
)
from benchmarks.harness.worker_folds import fold_rows, folds_of
from benchmarks.records.job import Job
from benchmarks.records.keys import Record
from benchmarks.show.figures import spec
from benchmarks.show.section import print_sections
from common.data import Data
from common.framework import plain_frameworks
from common.problem import PROBLEMS
from common.regime import MATCHED
from common.splits import k_folds
from tests.charts import rows_in
from tests.sample_records import made

BOSTON = PROBLEMS["boston"]
INSTALLED = plain_frameworks(installed=True)
needs_framework = pytest.mark.skipif(not INSTALLED, reason="no framework is installed")


def fold(number: int, curve: list, framework="alpha", regime="matched", **more) -> Record:
    return made(
        **{
            "kind": "crossval",
            "problem": "boston",
            "framework": framework,
            "regime": regime,
            "fold": number,
            "folds": 2,
            "fold_statistics": "all",
            "history": {"val_mae": curve},
            "settings": {"changed": {"folds": 2}},
            **more,
        }
    )


def printed(records: list[Record]) -> str:
    out = io.StringIO()
    print_sections(fold_sections(records), Console(file=out, width=200))
    return out.getvalue()


def test_the_mean_over_folds_is_taken_epoch_by_epoch():
    folds = [fold(0, [3.0, 1.0, 2.0]), fold(1, [5.0, 3.0, 4.0])]
    np.testing.assert_array_equal(mean_over_folds(folds, "val_mae"), [4, 2, 3])
    line = next(x for x in printed(folds).splitlines() if "alpha" in x)
    assert line.split() == ["alpha", "cpu", "0", "2.000", "4.000", "3.000", "2.000", "(2)"]


def test_an_unfinished_arm_has_no_mean():
    line = next(x for x in printed([fold(1, [5.0, 3.0])]).splitlines() if "alpha" in x)
    assert line.split() == ["alpha", "cpu", "0", "-", "3.000"]


def test_a_fold_that_diverged_is_no_number_and_takes_the_mean_with_it(tmp_path):
    folds = [fold(0, [3.0, 1.0]), fold(1, [5.0, 900.0], diverged=True)]
    line = next(x for x in printed(folds).splitlines() if "alpha" in x)
    assert line.split() == ["alpha", "cpu", "0", "1.000", "diverged"]
    assert save_fold_curves(folds, tmp_path) == []


def test_two_regimes_are_two_tables_and_failed_folds_are_none():
    records = [fold(0, [1.0], regime=regime) for regime in ("matched", "native")]
    text = printed(records)
    assert text.index("regime: native") < text.index("regime: matched")
    assert by_line([fold(0, [], error={"kind": "E", "message": ""})]) == {}


def test_generated_data_and_changes_are_said():
    data = {"source": "embedded", "notice": "the table of a package"}
    text = printed([fold(0, [1.0], data=data, settings={"changed": {"fold_epochs": 1}})])
    assert "NOT THE REAL DATA FILES: the table of a package" in text
    assert "changed: fold_epochs = 1" in text


def test_a_curve_of_complete_arms_leaves_out_the_first_epochs(tmp_path):
    pytest.importorskip("altair")
    records = [fold(k, [100.0] * 10 + [2.0] * 20) for k in range(2)]
    rows = rows_in(spec(figure("boston", by_line(records))))
    assert [(row["epoch"], row["mean"]) for row in rows] == [(n, 2.0) for n in range(11, 31)]
    names = [path.name for path in save_fold_curves(records, tmp_path)]
    assert names == ["crossval-boston.png", "crossval-boston.svg"]
    assert save_fold_curves(records[:1], tmp_path) == []


def test_own_statistics_do_not_see_the_held_out_rows():
    unscaled = np.arange(12.0).reshape(6, 2) ** 2
    x = unscaled.astype(np.float32)
    y = np.zeros(6, np.float32)
    data = Data(x, y, x, y, "folder", "", "", True, "", (unscaled, unscaled))
    rows, held = list(k_folds(6, 3))[1]
    train, validation = fold_rows(data, rows, held, own_statistics=True)
    np.testing.assert_allclose(train.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(train.std(axis=0), 1, rtol=1e-6)
    scaled = (unscaled[held] - unscaled[rows].mean(axis=0)) / unscaled[rows].std(axis=0)
    np.testing.assert_allclose(validation, scaled, rtol=1e-6)
    train, validation = fold_rows(data, rows, held, own_statistics=False)
    np.testing.assert_array_equal(validation, x[held])


def test_folds_of_other_settings_have_other_paths():
    paths = {
        fold.path
        for problem in (BOSTON, BOSTON.but(folds=3), BOSTON.but(fold_epochs=2))
        for own in (False, True)
        for fold in folds_of(Job(problem, "alpha", MATCHED), own)[:2]
    }
    assert len(paths) == 12


def crossval(*words: str, results: Path, **run) -> subprocess.CompletedProcess:
    settings = ("--epochs", "2", "--folds", "2", "--batch-size", "64", "--regime", "matched")
    command = [sys.executable, "-m", "benchmarks.cli.main", "crossval", *settings]
    return subprocess.run(
        [*command, "--data", "embedded", "--results", str(results), *words],
        capture_output=True,
        text=True,
        **run,
    )


@needs_framework
def test_every_framework_runs_every_fold_once(tmp_path):
    every = ("--framework", ",".join(INSTALLED))
    first = crossval("--json", *every, results=tmp_path)
    assert first.returncode == 0, first.stderr
    records = json.loads(first.stdout)["results"]
    arms = {(r["framework"], r["fold"]) for r in records}
    assert arms == {(name, k) for name in INSTALLED for k in range(2)}
    for record in records:
        assert len(record["history"]["val_mae"]) == 2 and record["diverged"] is False
        assert record["settings"]["changed"]["fold_epochs"] == 2
    # matched: the same initial weights and order, so the same scores but for rounding
    scores = [[r["history"]["val_mae"] for r in records if r["framework"] == n] for n in INSTALLED]
    for other in scores[1:]:
        np.testing.assert_allclose(other, scores[0], rtol=1e-3)

    files = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.json")}
    assert len(files) == len(records)
    lost = min(files)
    lost.unlink()
    again = crossval(*every, results=tmp_path)
    assert again.returncode == 0, again.stderr
    assert again.stderr.count("(was there)") == len(records) - 1
    assert lost.exists()
    assert all(path.stat().st_mtime_ns == files[path] for path in files if path != lost)
    assert "(epoch)" in again.stdout


@needs_framework
@pytest.mark.parametrize("regime", ["matched", "tuned"])
def test_at_a_rate_of_ten_no_fold_is_a_number(tmp_path, regime):
    words = ("--framework", INSTALLED[-1], "--regime", regime, "--learning-rate", "10")
    done = crossval(*words, results=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("DIVERGED, validation loss") == 2
    assert done.stdout.count("diverged") == 2 and "no curves" in done.stderr


@needs_framework
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["imdb"], "imdb has no K-fold protocol; there is one for: boston"),
        (["--folds", "1"], "a whole number of at least 2 was expected, got '1'"),
        (["--folds", "500"], "folds must lie between 2 and the 404 rows, got 500"),
    ],
)
def test_what_cannot_be_done_is_one_clear_line(tmp_path, words, message):
    run = crossval(*words, results=tmp_path)
    assert run.returncode == 2
    assert message in run.stderr and "Traceback" not in run.stderr
    assert run.stdout == ""
