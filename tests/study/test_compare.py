"""`twinbench compare`: two folders of records, conditions, and every way to have too little."""

from __future__ import annotations

import json

import pytest

from benchmarks.cli import main
from benchmarks.records.record import write_record
from benchmarks.show.markdown import BEGIN, END
from benchmarks.statistics.intervals import NOT_ENOUGH, Interval
from benchmarks.study.compare import FAILS, HOLDS, NOT_SHOWN, Condition, differences, judged, pairs
from tests.sample_records import but, run, seeds

NOISE = (1.0, 1.02, 0.98, 1.01, 0.99, 1.0)


def arm(factor=1.0, shift=0.0, n=6, framework="alpha", **more):
    """n runs with a little noise, their seconds times `factor` and their metric moved."""
    middle = 2.7 if more.get("problem") == "boston" else 0.97
    return [
        run(
            framework=framework,
            seed=seed,
            value=middle + shift + 0.001 * noise,
            epochs=tuple(factor * noise * s for s in (0.9, 0.25, 0.24, 0.26)),
            **{"total_seconds": 12 * factor * noise, **more},
        )
        for seed, noise in enumerate(NOISE[:n])
    ]


@pytest.fixture
def compare(tmp_path, capsys):
    """Runs the command on two lists of records; gives status, standard output and error."""

    def command(before, after, *words):
        for name, records in (("old", before), ("new", after)):
            for number, record in enumerate(records):
                write_record(record, tmp_path / name / f"{number}.json")
        status = main.main(["compare", str(tmp_path / "old"), str(tmp_path / "new"), *words])
        return status, *capsys.readouterr()

    return command


@pytest.mark.parametrize(
    ("text", "name", "above", "amount", "relative"),
    [
        ("epoch_seconds>+10%", "epoch_seconds", True, 0.1, True),
        ("accuracy<-0.002", "accuracy", False, -0.002, False),
        (" peak_rss_bytes > 5e7 ", "peak_rss_bytes", True, 5e7, False),
        ("mae>.5%", "mae", True, 0.005, True),
    ],
)
def test_a_condition_is_a_name_a_side_and_a_change(text, name, above, amount, relative):
    found = Condition.parse(text)
    assert (found.name, found.above, found.relative) == (name, above, relative)
    assert found.amount == pytest.approx(amount) and found.text == text.strip()


NO_CONDITIONS = "mae mae> speed>1 mae>=1 mae>1x mae>--1 mae>1%% mae>nan mae>1e mae>1or1 mae>٣"


@pytest.mark.parametrize("text", ["", "mae>1 or 1", *NO_CONDITIONS.split()])
def test_what_is_no_condition_is_refused_and_what_is_allowed_is_named(text):
    with pytest.raises(ValueError, match="names: accuracy, mae, loss, epoch_seconds"):
        Condition.parse(text)


@pytest.mark.parametrize(
    ("text", "low", "high", "word"),
    [
        ("mae>+1", 1.1, 2, FAILS),
        ("mae>+1", 1, 2, NOT_SHOWN),
        ("mae>+1", 0.5, 2, NOT_SHOWN),
        ("mae>+1", -5, 1, HOLDS),
        ("mae<-1", -2, -1.1, FAILS),
        ("mae<-1", -2, -0.9, NOT_SHOWN),
        ("mae<-1", -1, 5, HOLDS),
        ("mae<+1", 0.5, 0.9, FAILS),
        ("mae>+1", None, None, NOT_ENOUGH),
    ],
)
def test_it_fails_only_when_the_whole_interval_lies_beyond(text, low, high, word):
    assert Condition.parse(text).judge(Interval(0, low, high)) == word


def words(text, before, after):
    found, _ = pairs(before, after, ("old", "new"))
    return [result.word for result in judged([Condition.parse(text)], found)]


@pytest.mark.parametrize(
    ("text", "change", "word"),
    [
        ("epoch_seconds>+10%", {"factor": 1.3}, FAILS),
        ("epoch_seconds>+10%", {"factor": 1.1}, NOT_SHOWN),
        ("epoch_seconds>+10%", {"factor": 0.5}, HOLDS),  # faster is no failure
        ("epoch_seconds<-10%", {"factor": 0.5}, FAILS),
        ("epoch_seconds>+0.05", {"factor": 1.3}, FAILS),  # 0.25 s more is 0.075
        ("epoch_seconds>+0.1", {"factor": 1.3}, HOLDS),
        ("first_epoch_seconds>+10%", {"first_epoch_seconds": 2.0}, FAILS),
        ("total_seconds>+10%", {"factor": 1.3}, FAILS),
        ("total_seconds>+10%", {"factor": 1.0}, HOLDS),
        ("peak_rss_bytes>+5e7", {"peak_rss_bytes": 900 * 2**20}, FAILS),
        ("peak_rss_bytes>+50%", {"peak_rss_bytes": 900 * 2**20}, HOLDS),
        ("accuracy<-0.002", {"shift": -0.004}, FAILS),
        ("accuracy<-0.002", {"shift": +0.004}, HOLDS),
        ("accuracy<-1%", {"shift": -0.004}, HOLDS),
        ("accuracy<-0.2%", {"shift": -0.004}, FAILS),
        ("mae>+0.1", {"shift": +0.2, "problem": "boston"}, FAILS),
        ("mae>+0.1", {"shift": -0.2, "problem": "boston"}, HOLDS),
    ],
)
def test_each_quantity_is_judged_in_its_own_direction_and_unit(text, change, word):
    same = {name: change[name] for name in ("problem",) if name in change}
    assert words(text, arm(**same), arm(**change)) == [word]


def test_an_arm_is_asked_for_its_own_metric_alone():
    assert words("mae>+0.1", arm(), arm()) == []
    assert words("accuracy<-0.1", arm() + arm(problem="boston"), arm(problem="boston")) == []


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("epoch_seconds>+10%", "NOT ENOUGH RUNS: epoch_seconds>+10%: mnist alpha"),
        ("mae>+1", "NOT CHECKED: mae>+1: no arm has mae"),
    ],
)
def test_a_condition_that_cannot_be_judged_is_named_and_fails_with_strict_alone(
    compare, condition, words
):
    sides = arm(n=4), arm(9.0, n=4)
    status, _, err = compare(*sides, "--fail-if", condition)
    assert status == 0 and words in err
    assert compare(*sides, "--fail-if", condition, "--strict")[0] == 1


def test_untimed_runs_have_no_time_to_be_judged():
    untimed = {"timed": False, "total_seconds": None}
    assert words("epoch_seconds>+10%", arm(), arm(9.0, **untimed)) == [NOT_ENOUGH]
    assert words("total_seconds>+1", arm(), arm(9.0, **untimed)) == [NOT_ENOUGH]


def test_a_shown_change_is_exit_status_one_and_the_arm_is_named(compare):
    conditions = ("--fail-if", "epoch_seconds>+10%", "--fail-if", "accuracy<-0.5")
    status, out, err = compare(arm(), arm(1.5), *conditions)
    assert status == 1
    assert "failed: epoch_seconds>+10%: mnist alpha matched cpu, 2 threads" in err
    assert "failed: accuracy" not in err and "holds" in out
    assert compare(arm(), arm(), *conditions)[0] == 0


def test_the_page_has_verdicts_times_memory_and_what_differs(compare):
    newer = arm(2.0, versions={"numpy": "2.1"}, peak_rss_bytes=1400 * 2**20)
    status, out, _ = compare(arm(), newer)
    assert status == 0
    assert "numpy" in out and "2.0" in out and "2.1" in out
    assert "the accuracies of alpha (old) and alpha (new) are equivalent within 0.003" in out
    assert "An epoch of alpha (old) is 2.00 times as fast" in out
    assert "0.500 (0.500 to 0.500)" in out  # of the memory


def test_arms_in_one_folder_alone_are_listed_and_none_in_common_is_an_error(compare):
    both = arm() + arm(framework="beta")
    status, out, _ = compare(both, arm() + arm(problem="boston"))
    assert status == 0
    assert "only in old: mnist beta matched cpu, 2 threads" in out
    assert "only in new: boston alpha matched cpu, 2 threads" in out


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (arm(), arm(framework="beta"), "no arm in common"),
        (arm(), arm(protocol=2), "protocols 1 and 2"),
        (arm(), [], "new: no record of a run"),
        ([], arm(), "old: no record of a run"),
    ],
)
def test_what_cannot_be_compared_is_an_error(compare, tmp_path, before, after, words):
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
    status, out, err = compare(before, after)
    assert (status, out) == (2, "") and words in err


def test_other_data_are_another_arm():
    found, alone = pairs(arm(), arm(data={"digest": "sha256:2"}), ("old", "new"))
    assert found == [] and list(map(len, alone.values())) == [1, 1]


def test_two_machines_may_be_compared_here():
    found, _ = pairs(arm(), arm(2.0, host={"cpu": "y", "cores": 64}), ("old", "new"))
    assert found[0].comparison.epoch.verdict == "slower"
    assert ("cpu", "x", "y") in differences(found[0].before, found[0].after)


def test_differences_are_those_of_all_runs_and_nothing_that_is_alike():
    before = [run(versions={"numpy": "2.0", "torch": "2.9"}), run(versions={"numpy": "2.1"})]
    after = [run(versions={"numpy": "2.1"}, git={"commit": "def"})]
    assert differences(before, after) == [
        ("numpy", "2.0, 2.1", "2.1"),
        ("torch", "2.9", "-"),
        ("commit", "abc", "def"),
    ]
    assert differences(before, before) == []


def test_failed_runs_are_left_out_and_said(compare):
    failed = run(seed=9, error={"kind": "ChildDied", "message": "x"}, metrics={})
    status, out, _ = compare([*arm(), failed], arm())
    assert status == 0 and "1 of 7 runs of alpha (old) failed" in out


def test_a_metric_does_not_hold_by_the_seeds_that_survived(compare):
    after = [but(run, metrics={"accuracy": None}) if run.seed == 3 else run for run in arm()]
    conditions = ("accuracy<-0.5", "epoch_seconds>+900%", "accuracy<+0.5")
    assert words(conditions[0], arm(), arm()) == [HOLDS]
    assert [words(c, arm(), after) for c in conditions] == [[NOT_ENOUGH], [HOLDS], [FAILS]]
    assert compare(arm(), after, "--fail-if", conditions[0])[0] == 0
    assert compare(arm(), after, "--fail-if", conditions[0], "--strict")[0] == 1


def test_json_holds_the_numbers_and_nothing_else_is_printed(compare):
    status, out, _ = compare(arm(), arm(1.5), "--json", "--fail-if", "epoch_seconds>+10%")
    found = json.loads(out)["results"]
    assert status == 1 and found["alone"] == {"old": [], "new": []}
    assert found["arms"][0]["metric"]["verdict"] == "equivalent"
    value, low, high, *_ = found["arms"][0]["epoch"]
    assert low <= value <= high and value == pytest.approx(1 / 1.5)
    assert found["conditions"][0]["word"] == FAILS


def test_folders_of_one_name_are_told_apart_by_their_paths(tmp_path, capsys):
    for side in "ab":
        for record in seeds([0.97, 0.98]):
            write_record(record, tmp_path / side / "results" / f"{record.seed}.json")
    paths = [str(tmp_path / side / "results") for side in "ab"]
    assert main.main(["compare", *paths]) == 0
    assert f"alpha ({paths[0]})" in capsys.readouterr().out


def test_the_page_goes_between_the_marks_and_text_from_records_cannot_break_it(compare, tmp_path):
    hostile = "<i>|[red]"
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\n{END}\nafter\n")
    sides = [arm() + arm(framework=hostile, versions={hostile: v}) for v in ("1", "2")]
    assert compare(*sides, "--into", str(page), "--fail-if", "mae>1")[0] == 0
    text = page.read_text()
    assert "| mnist | cpu, 2 threads | alpha (old) | alpha (new) |" in text
    assert text.startswith("before") and text.endswith("after\n") and "<i>" not in text
    assert hostile in compare(*sides, "--fail-if", "accuracy<-1")[1]
