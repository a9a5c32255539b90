"""A command's answer: its verdicts in one sentence, and the envelope of `--json`."""
# ruff: noqa: RUF001 (Chinese punctuation is meant)

from __future__ import annotations

import json

from benchmarks.show.answer import print_answer, print_json, run_verdicts
from benchmarks.speed.race_table import verdicts as race_verdicts
from benchmarks.statistics.compared import Compared
from common.language import speak
from tests.sample_records import made, run


def arm(name: str, values, regime="matched", problem="mnist", **more):
    return [run(problem, name, regime, s, value=v, **more) for s, v in enumerate(values)]


SAME = (0.970, 0.971, 0.972, 0.973, 0.974)


def test_one_pair_is_said_in_full_and_one_framework_alone_is_no_comparison():
    sentence, (entry,) = run_verdicts(Compared.of(arm("alpha", SAME) + arm("beta", SAME)))
    assert sentence == f"Verdict: {entry['sentence']}" and "are equivalent within" in sentence
    assert entry["verdict"] == "equivalent" and entry["frameworks"] == ["alpha", "beta"]
    assert entry["about"] == "mnist, matched, cpu: alpha and beta"
    sentence, entries = run_verdicts(Compared.of(arm("alpha", SAME)))
    assert entries == [] and "nothing is compared" in sentence


def test_the_sentence_is_in_the_language_that_is_spoken_and_the_entries_are_english(
    monkeypatch, capsys
):
    runs = arm("alpha", SAME) + arm("beta", SAME) + arm("alpha", SAME, "native")
    runs += arm("beta", [value - 0.1 for value in SAME], "native")
    one, several = Compared.of(runs[:10]), Compared.of(runs)
    english = run_verdicts(one)[1], run_verdicts(several)[1]
    monkeypatch.setenv("LANGUAGE", "zh")
    speak()
    (of_one, entries), (of_several, more) = run_verdicts(one), run_verdicts(several)
    assert (entries, more) == english
    print_answer(of_one)
    print_answer(of_several)
    _, first, _, second = capsys.readouterr().out.split("\n")[:4]
    assert first == (
        "结论：MNIST digits, matched, cpu：alpha 和 beta 的准确率在容许差 0.003 之内等价"
        "（5 对种子，差 +0.0000，90 % 区间 +0.0000 到 +0.0000）。方差为零，所以这只说明这几个种子。"
        "探索性的结论：种子不足 30 个。一轮的时间看不出差别（比值 1.00，0.800 到 1.25）。"
    )
    assert second == (
        "结论：共 2 个比较：1 个在容许差之内等价，1 个不同（其中 2 个是探索性的）。"
        "计时的 2 个中，一轮更快的（Holm 校正后）：分不出的 2 个。"
        "与容许差相比相差最远的：MNIST digits，native，alpha 和 beta，差 -0.1000（容许差 0.003）。"
    )


def test_several_pairs_are_counted_with_the_widest_gap_and_who_is_faster():
    far = [value - 0.1 for value in SAME]
    wide, slow = (0.93, 0.97), (9.0, 2.0, 2.0, 2.0)
    runs = arm("alpha", SAME) + arm("beta", SAME, epochs=slow)
    runs += arm("alpha", SAME, "native") + arm("beta", far, "native")
    runs += arm("alpha", SAME[:2], "tuned") + arm("beta", wide, "tuned")
    sentence, entries = run_verdicts(Compared.of(runs))
    assert [e["verdict"] for e in entries] == ["different", "equivalent", "not enough runs"]
    assert "Of 3 comparisons: 1 equivalent within the margin, 1 different, 1 undecided" in sentence
    assert "margin of 0.003: MNIST digits, native, alpha and beta, by -0.1000." in sentence
    assert "`twinbench study` plans enough: 30 seeds." in sentence
    assert "Of 2 timed ones an epoch is faster (after Holm) in alpha in 1, in neither" in sentence
    assert [e["epoch"] for e in entries] == ["no difference seen", "slower", None]


def test_the_widest_gap_is_that_of_most_margins():
    runs = arm("alpha", SAME) + arm("beta", [value + 0.0029 for value in SAME])
    houses = {"problem": "boston", "regime": "native"}
    runs += arm("alpha", (2.5, 2.6), **houses) + arm("beta", (2.6, 2.7), **houses)  # of 0.15
    sentence, _ = run_verdicts(Compared.of(runs))
    assert "margin of 0.003: MNIST digits, matched, alpha and beta, by +0.0029." in sentence


def test_one_seed_each_says_nothing_of_times_and_asks_for_more_seeds():
    runs = [*arm("alpha", SAME[:1]), *arm("beta", SAME[:1])]
    runs += [*arm("alpha", SAME[:1], "native"), *arm("beta", SAME[:1], "native")]
    sentence, _ = run_verdicts(Compared.of(runs))
    assert "Of 2 comparisons: 2 undecided (2 exploratory)." in sentence
    assert "nothing can be said below 5 timed processes each" in sentence


def test_a_race_has_a_verdict_an_arm_and_none_without_the_peer():
    def raced(name, seconds, seed):
        return made(
            kind="race",
            problem="imdb",
            framework=name,
            regime="native",
            seed=seed,
            epoch_seconds=[9.0, seconds, seconds],
            total_seconds=10.0,
            peak_rss_bytes=2**30,
            metrics={"accuracy": 0.88},
        )

    runs = [raced(name, s, i) for name, s in (("textbook", 4.0), ("torch", 1.0)) for i in range(5)]
    sentence, (entry,) = race_verdicts(runs)
    assert entry["verdict"] == "faster" and "4.00 [4.00, 4.00] times as fast" in entry["sentence"]
    assert sentence == "Verdict: of the epochs of 1 arm, beside the peer's, 1 faster."
    assert race_verdicts([raced("torch", 1.0, 0)]) == ("", [])


def test_the_envelope_is_the_same_for_all(capsys):
    print_json("table", [run()], [{"about": "a", "verdict": None, "sentence": "s"}])
    found = json.loads(capsys.readouterr().out)
    assert [*found] == ["schema", "command", "version", "verdicts", "results"]
    assert found["schema"] == "twinbench/1" and found["results"] == [run().json]


def test_commands_that_list_have_the_envelope_too(here):
    for words in ("lesson", "data list"):
        found = json.loads(here(*words.split(), "--json").out)
        assert found["command"] == words.split()[0] and len(found["results"]) > 4
