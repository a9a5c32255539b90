"""Port or framework: known factors come out, what is missing is said, a planted fault is seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.records.job import MIN_PROCESSES
from benchmarks.show import run_table
from benchmarks.show.port_time import port_sentences
from benchmarks.statistics.compared import Compared, Kinds
from benchmarks.statistics.ports import BETWEEN, ORIGINAL, PARTS, PORT, port_times
from benchmarks.statistics.ratios import Ratio
from benchmarks.statistics.verdict import comparisons
from benchmarks.study.verdict_table import parts, verdict_sections
from tests.sample_records import but, run

TORCH = ("keras", "keras:torch", "torch")


def timed(seconds, *, processes=MIN_PROCESSES, spread=0.01, file="before", **more):
    """Runs of a user's twins, by framework the median seconds of an epoch."""
    records = []
    for place, (framework, median) in enumerate(seconds.items()):
        random = np.random.default_rng(place)
        for seed in range(processes):
            times = tuple((median * random.lognormal(0, spread, 9)).tolist())
            record = run(framework=framework, seed=seed, epochs=times, protocol=2, **more)
            settings = {**record.json["settings"], "problem": {"sha256": file}}
            records.append(but(record, problem="twins:mine", settings=settings))
    return records


def of_factors(framework, port, **more):
    """Runs in which the framework costs that many times as much, and the port."""
    return timed(dict(zip(TORCH, (1, framework, framework * port), strict=True)), **more)


def answer(records):
    (sentence,) = port_sentences(comparisons(records))
    return sentence


@pytest.mark.parametrize(
    "framework, port, share, words",
    [
        (2, 1, "framework", "So it is the framework, as far as these runs show; the port makes no"),
        (1, 2, "port", "So it is the port, as far as these runs show; the framework makes no"),
        (0.5, 1, "framework", "So it is the framework"),
        (1.5, 1.5, "both", "So it is both"),
        (3, 0.5, "framework", "So it is the framework, as far as these runs show; the port works"),
        (1, 1, "", "are equally fast within 5%"),
        (2, 0.5, "", "are equally fast within 5%"),
    ],
)
def test_known_factors_come_out_and_multiply_to_the_whole(framework, port, share, words):
    records = of_factors(framework, port)
    (time,) = port_times(comparisons(records))
    assert time.arms == TORCH and time.share == share
    expected = {PARTS["framework"]: framework, PARTS["port"]: port}
    expected[PORT, ORIGINAL] = framework * port
    seen = {arms: time.longer(*arms) for arms in expected}
    for arms, factor in expected.items():
        assert seen[arms].value == pytest.approx(factor, rel=0.03)
        assert seen[arms].low < factor < seen[arms].high
    product = seen[BETWEEN, ORIGINAL].value * seen[PORT, BETWEEN].value
    assert seen[PORT, ORIGINAL].value == pytest.approx(product)
    assert words in answer(records)
    assert ("So it is" in answer(records)) == bool(share)


def test_a_fault_in_the_direction_of_a_ratio_is_seen(monkeypatch):
    """Records have arms by the alphabet: of JAX's one ratio in three has to be turned round."""
    records = timed({"keras": 1, "keras:jax": 2, "jax": 2})
    assert port_times(comparisons(records))[0].share == "framework"
    monkeypatch.setattr(Ratio, "inverse", property(lambda self: self))
    assert port_times(comparisons(records))[0].share == ""


def test_a_difference_within_the_noise_is_not_laid_at_a_door():
    sentence = answer(of_factors(1.02, 1.02, spread=0.3))
    assert "no difference seen" in sentence and "So it is" not in sentence


def test_a_ratio_that_does_not_outlast_holm_is_no_share():
    (time,) = port_times(comparisons(of_factors(2, 1)))
    pairs = [*time.pairs.values()]
    weak = [replace(pair, holm=(None, 0.2)) for pair in pairs]
    assert port_times(weak)[0].share == ""
    assert "no longer below 0.05" in port_sentences(weak)[0]


def test_too_few_processes_give_no_ratio_and_the_command_that_adds_them():
    sentence = answer(of_factors(2, 1, processes=2, settings={"requested": {"threads": 2}}))
    assert "2 of keras (tensorflow) and 2 of torch; 5 of each are needed" in sentence
    command = "--framework keras,keras:torch,torch --regime matched --seeds 5 --threads 2`"
    assert sentence.endswith(command) and "times as long" not in sentence


def test_the_arm_that_is_missing_is_named_with_its_command():
    records = [record for record in of_factors(2, 1) if ":" not in record.framework]
    sentence = answer(records)
    assert "takes 2.0" in sentence or "takes 1.9" in sentence
    assert "cannot be told without keras (torch)" in sentence and "So it is" not in sentence
    assert "`twinbench run --twins FILE --framework keras,keras:torch,torch" in sentence


def test_each_port_has_its_own_carrier_and_each_file_its_own_answer():
    seconds = {"keras": 1, "keras:jax": 2, "keras:torch": 3, "jax": 2, "torch": 6}
    both = port_times(comparisons([*timed(seconds), *timed(seconds, file="after")]))
    arms = [("keras", "keras:jax", "jax"), TORCH]
    assert sorted(time.arms for time in both) == sorted(2 * arms)
    assert {time.arms[PORT]: time.share for time in both} == {"jax": "framework", "torch": "both"}


def test_the_answer_stands_with_the_times_and_in_the_report():
    records = of_factors(2, 1)
    sentence = answer(records)
    for show, shown in (("all", True), ("time", True), ("metric", False)):
        (table,) = run_table.sections(Compared.of(records), show)
        assert (sentence in table.notes) == shown
    assert sentence in verdict_sections(Compared.of(records))[0].notes
    (part,) = parts(Kinds({"run": records}))
    assert sentence in [said.sentence for said in part.said]
    assert not any(sentence in section.notes for section in part.sections)


def test_the_four_problems_and_runs_without_clocks_have_no_port():
    problem = [run(framework=name, seed=seed, protocol=2) for name in TORCH for seed in range(5)]
    assert not port_sentences(comparisons(problem))
    assert not port_sentences(comparisons(of_factors(2, 1, timed=False)))
