"""Choosing widths, depth and epochs: the arithmetic of the choice, its page, small real runs."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import numpy as np
import pytest

from benchmarks.cli.main import main
from benchmarks.folds.tune import as_plain, cells, choose, chosen, smoothed
from benchmarks.folds.tune_table import explained, page
from benchmarks.harness.process import Child
from benchmarks.harness.worker_folds import fold_parts, folds_of
from benchmarks.records.job import Job, Source
from benchmarks.records.keys import Record
from benchmarks.show.section import markdown
from common.framework import plain_frameworks
from common.problem import PROBLEMS
from common.regime import MATCHED
from tests.sample_records import made, run

BOSTON, MNIST = PROBLEMS["boston"], PROBLEMS["mnist"]
INSTALLED = plain_frameworks(installed=True)
needs_framework = pytest.mark.skipif(not INSTALLED, reason="no framework is installed")


def fold(
    hidden, curve, number=0, *, of=2, problem="boston", name="alpha", seed=0, **more
) -> Record:
    """The record of one fold of a network, with a validation curve."""
    metric = PROBLEMS[problem].metric
    settings = {"hidden": list(hidden), "folds": of, "validation": 100, "fold_batch_size": 16}
    settings |= {"learning_rate": 1e-3, "fold_epochs": len(curve)}
    return made(
        **{
            "kind": "crossval",
            "problem": problem,
            "framework": name,
            "regime": "matched",
            "seed": seed,
            "fold": number,
            "folds": of,
            "fold_statistics": "all",
            "history": {f"val_{metric}": list(curve)},
            "settings": {"problem": settings, "changed": {}},
            **more,
        }
    )


def network(hidden, *curves, **more) -> list[Record]:
    """The folds of one network, a curve each."""
    return [fold(hidden, c, k, of=len(curves), **more) for k, c in enumerate(curves)]


def test_smoothing_is_the_textbooks_moving_average():
    np.testing.assert_allclose(smoothed([4.0, 2.0, 3.0], 0.9), [4, 3.8, 3.72])
    np.testing.assert_array_equal(smoothed([4.0, 2.0, 3.0], 0), [4, 2, 3])


def test_the_grid_has_every_width_in_every_depth():
    grid = cells(BOSTON, 404, widths=[32, 64], layers=[1, 3], batch_size=16)
    assert [cell.hidden for cell in grid] == [(32,), (64,), (32, 32, 32), (64, 64, 64)]
    assert {(c.folds, c.fold_epochs, c.fold_batch_size) for c in grid} == {(4, 200, 16)}
    widths = {cell.hidden for cell in cells(MNIST, 60_000, layers=[1])}
    assert widths == {(256,), (512,), (1024,)}


@pytest.mark.parametrize(
    ("name", "rows", "held"),
    [("mnist", 60_000, 10_000), ("imdb", 25_000, 10_000), ("reuters", 8_982, 1_000)],
)
def test_a_problem_without_folds_holds_rows_out_once(name, rows, held):
    (cell,) = cells(PROBLEMS[name], rows, widths=[8], layers=[1])
    assert (cell.folds, cell.validation) == (1, held)
    assert cell.fold_epochs == 2 * PROBLEMS[name].epochs
    ((train, validation),) = fold_parts(cell, rows)
    assert len(validation) == held and len(train) == rows - held
    assert not np.intersect1d(train, validation).size


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"folds": 3, "validation": 9}, "choose one"),
        ({"folds": 405}, "folds must lie between 2 and the 404 rows, got 405"),
        ({"validation": 404}, "leave no training row"),
    ],
)
def test_rows_that_cannot_be_held_out_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        cells(BOSTON, 404, widths=[8], layers=[1], **options)


def test_the_best_epoch_is_that_of_the_mean_curve_and_not_of_any_fold():
    (choice,) = choose(network((8,), [5, 1, 3, 9], [5, 9, 3, 1]), smoothing=0)
    assert (choice.best.epochs, choice.best.value) == (3, 3.0)
    assert choice.best.error == 0
    assert choice.best.parameters == 13 * 8 + 8 + 8 + 1


def test_the_standard_error_is_that_of_the_folds_at_the_best_epoch():
    (choice,) = choose(network((8,), [5, 1], [5, 2], [5, 6]), smoothing=0)
    assert choice.best.value == 3
    assert choice.best.error == pytest.approx(np.std([1, 2, 6], ddof=1) / np.sqrt(3))


def test_a_long_curve_is_smoothed_from_the_eleventh_epoch_on():
    curve = [1.0] * 10 + [3.0, 2.0] + [3.0] * 18
    (choice,) = choose(network((8,), curve, curve))
    expected = smoothed(curve[10:], 0.9)
    np.testing.assert_allclose(choice.best.curve[10:], expected)
    assert np.isnan(choice.best.curve[:10]).all()
    assert choice.best.epochs == 11 + expected.argmin() == 12


def test_the_one_standard_error_rule_takes_the_smallest_network_near_the_best():
    records = [
        *network((8,), [4.0], [4.0]),
        *network((16,), [2.4], [2.4]),
        *network((32,), [2.3], [2.3]),
        *network((64,), [1.5], [2.5]),  # 2 with a standard error of 0.5
    ]
    (choice,) = choose(records, smoothing=0)
    assert (choice.best.name, choice.simplest.name) == ("64", "16")
    assert "takes 64 for 1 epoch: the least validation MAE of 4 networks" in explained(choice)
    assert "the one-standard-error rule would take 16 for 1 epoch" in explained(choice)
    (alone,) = choose(network((64,), [1.5], [2.5]), smoothing=0)
    assert alone.simplest is alone.best
    assert "no smaller network lies within one standard error" in explained(alone)


def test_more_accuracy_is_better_and_one_hold_out_has_the_error_of_a_share():
    records = [
        *network((8,), [0.80, 0.90], problem="mnist"),
        *network((4,), [0.70, 0.89], problem="mnist"),
    ]
    (choice,) = choose(records)
    assert (choice.best.name, choice.best.epochs, choice.best.value) == ("8", 2, 0.9)
    assert choice.best.error == pytest.approx(np.sqrt(0.9 * 0.1 / 100))
    assert choice.simplest.name == "4"


def test_one_hold_out_of_prices_has_no_standard_error():
    (choice,) = choose([*network((8,), [3.0, 2.0]), *network((4,), [3.0, 2.1])])
    assert choice.best.error is None and choice.simplest is choice.best
    assert "one hold-out tells no standard error" in explained(choice)


def test_seeds_are_averaged_within_a_fold():
    records = network((8,), [2.0], [4.0]) + network((8,), [4.0], [6.0], seed=1)
    (choice,) = choose(records, smoothing=0)
    assert choice.best.value == 4
    assert choice.best.error == pytest.approx(np.std([3, 5], ddof=1) / np.sqrt(2))


def test_a_network_that_lacks_a_fold_or_diverged_is_left_out_and_named(tmp_path):
    failed = {"error": {"kind": "E", "message": ""}, "history": {}}
    records = [
        *network((8,), [3.0], [3.0]),
        fold((4,), [1.0], 0),
        fold((4,), [], 1, **failed),
        *network((2,), [1.0], [None]),
        *network((16,), [1.0], [2.0], diverged=True),
    ]
    (choice,) = choose(records)
    assert choice.best.name == "8" and choice.left_out == ("4", "2", "16")
    text = markdown(page([choice], records, [], tmp_path / "tune"))
    assert "alpha: left out, as a fold failed or diverged: 4, 2, 16" in text
    assert choose([fold((4,), [], 0, **failed)]) == []


def test_each_arm_chooses_for_itself():
    records = [
        *network((8,), [1.0], [1.0]),
        *network((4,), [2.0], [2.0]),
        *network((8,), [2.0], [2.0], name="beta"),
        *network((4,), [1.0], [1.0], name="beta"),
        *network((4,), [3.0], [3.0], regime="native"),
    ]
    found = {(c.arm.framework, c.arm.regime): c.best.name for c in choose(records)}
    expected = {("alpha", "matched"): "8", ("beta", "matched"): "4", ("alpha", "native"): "4"}
    assert found == expected


def test_the_chosen_network_trains_on_all_rows():
    (choice,) = choose(network((8, 8), [0.5, 0.7, 0.6], problem="imdb"))
    final = chosen(choice)
    assert (final.hidden, final.epochs, final.validation) == ((8, 8), 2, 0)
    assert (final.batch_size, final.learning_rate) == (16, 1e-3)


def test_the_page_marks_the_choice_and_draws_its_curves(tmp_path):
    pytest.importorskip("altair")
    records = [
        record
        for name in ("alpha", "be|ta")
        for hidden, value in (((16,), 2.4), ((64,), 2.0))
        for record in network(hidden, [value - 0.5], [value + 0.5], name=name)
    ]
    found = choose(records, smoothing=0)
    text = markdown(page(found, records, [], tmp_path / "tune"))
    row = next(line for line in text.splitlines() if line.startswith("| 64"))
    assert row.count("**2.000 ± 0.500**") == 2 and "| 961 |" in row
    assert "2.400 ± 0.500 (1 SE)" in text and "be\\|ta: best epoch" in text
    assert "![" in text
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["tune-boston-matched.png", "tune-boston-matched.svg"]
    assert json.loads(json.dumps(as_plain(found[0]), allow_nan=False))["best"] == "64"


@pytest.mark.parametrize(
    ("problem", "told"), [("mnist", "±: standard error of a share of 100 rows"), ("boston", "")]
)
def test_the_page_of_one_hold_out_has_an_error_where_there_is_one(problem, told, tmp_path):
    more = {"problem": problem}
    records = [*network((8,), [0.8, 0.9], **more), *network((4,), [0.7, 0.8], **more)]
    choices = choose(records)
    settings = {"changed": {}, "problem": asdict(PROBLEMS[problem])}
    tested = [run(problem, settings=settings)]
    section, test = page(choices, records, tested, tmp_path / "tune")
    assert "the first 100 held out" in section.title
    errors = [note for note in section.notes if note.startswith("±")]
    assert [error.partition(";")[0] for error in errors] == [told] * bool(told)
    assert ("at the last epoch tried" in explained(choices[0])) is (problem == "mnist")
    held_out = "the published setting trains without the rows it holds out"
    assert (held_out in test.notes) is bool(PROBLEMS[problem].validation)
    assert test.rows[0][1] == "published"


def tune(*words: str, results) -> list[str]:
    settings = ["--epochs", "2", "--batch-size", "64", "--threads", "1", "--data", "embedded"]
    return ["tune", *words, *settings, "--results", str(results)]


@needs_framework
def test_the_command_validates_chooses_and_tests_once(tmp_path, capsys):
    words = ["boston", "--hidden", "4,32", "--layers", "1", "--folds", "2"]
    arguments = tune(*words, "--framework", INSTALLED[-1], results=tmp_path)
    assert main([*arguments, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["results"]
    (choice,) = found["choices"]
    assert choice["best"] == "32"
    assert len(found["folds"]) == 2 * 2
    # the test rows took no part: no record of a fold says anything of them
    assert all(each["metrics"] == {} for each in found["folds"])
    final, published = found["runs"]
    assert not published["settings"]["changed"]
    assert final["kind"] == "run" and final["metrics"]["mae"] > 0
    assert final["settings"]["problem"]["hidden"] == [32]
    assert len(final["history"]["mae"]) == choice["cells"][1]["epochs"]

    assert main([*arguments, "--tensorboard", str(tmp_path / "logs")]) == 0
    captured = capsys.readouterr()
    assert captured.err.count("(was there)") == len(found["folds"] + found["runs"])
    assert "the one test" in captured.out and "published" in captured.out
    assert len(list(tmp_path.glob("logs/**/events.*"))) == len(found["folds"] + found["runs"])


@pytest.mark.parametrize("name", ["boston", "reuters"])
def test_a_single_fold_is_the_hold_out_of_a_normal_run(framework_name, name):
    problem = PROBLEMS[name].but(hidden=(4, 4, 4), epochs=2, batch_size=512, validation=100)
    folded = problem.but(folds=1, fold_epochs=2, fold_batch_size=512)
    job = Job(problem, framework_name, MATCHED, data=Source(choice="embedded"), threads=1)
    (only,) = folds_of(replace(job, problem=folded))
    with Child.at(job.place, MATCHED) as child:
        fold, whole = child.call(only.target, only), child.call(job.target, job)
    assert "metrics" not in fold and whole["metrics"]
    for key, values in whole["history"].items():
        np.testing.assert_allclose(fold["history"][key], values, rtol=1e-6, err_msg=key)


@needs_framework
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["boston", "--folds", "2", "--validation", "9"], "two ways to hold out rows"),
        (["boston", "--validation", "404"], "leave no training row of 404"),
        (["boston", "--into", "nowhere.md"], "nowhere.md is not there"),
    ],
)
def test_what_cannot_be_done_is_one_clear_line(tmp_path, capsys, words, message):
    assert main(tune(*words, results=tmp_path)) == 2
    captured = capsys.readouterr()
    assert message in captured.err and captured.out == ""
    assert not list(tmp_path.iterdir())
