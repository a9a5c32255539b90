"""An arm against itself: two jobs that differ in their name alone, and what is said of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.records.job import Job
from benchmarks.speed.itself import sections, twice, verdicts
from common.problem import PROBLEMS
from common.regime import TUNED
from tests.sample_records import made


def records(slower: float) -> list:
    """Five heats of one arm; B takes so many times as long."""
    random = np.random.default_rng(0)
    runs = []
    for seed in range(5):
        noise = random.lognormal(sigma=0.5, size=8)
        for copy, factor in (("A", 1.0), ("B", slower)):
            luck = factor * random.lognormal(sigma=0.01)
            runs.append(
                made(
                    kind="itself",
                    problem="boston",
                    framework="torch",
                    regime="tuned",
                    seed=seed,
                    heat=f"h{seed}",
                    copy=copy,
                    epoch_seconds=[float(luck * n) for n in noise],
                )
            )
    return runs


def test_both_copies_take_turns_and_have_records_of_their_own():
    jobs = [Job(PROBLEMS["boston"], "torch", TUNED, seed=seed, turns=True) for seed in (0, 1)]
    pairs = twice(jobs)
    seen = [(job.seed, job.copy) for job in pairs if job.turns]
    assert seen == [(0, "A"), (0, "B"), (1, "B"), (1, "A")]
    assert len({job.path for job in pairs}) == 8 and not any(job.turns for job in pairs[4:])
    assert pairs[0].heat == pairs[1].heat != pairs[2].heat
    assert len(twice([replace(job, turns=False) for job in jobs])) == 4


@pytest.mark.parametrize(("slower", "word"), [(1.0, "equally fast"), (1.2, "slower")])
def test_what_is_one_program_is_equally_fast_and_a_planted_difference_is_seen(slower, word):
    sentence, (entry,) = verdicts(records(slower))
    assert entry["verdict"] == word
    assert sentence == f"Verdict: {int(slower > 1)} of 1 arm is called faster than itself."
    (table,) = sections(records(slower))
    who, _, taken, _, ratio, spread, processes = table.rows[0]
    assert who == "torch" and taken == "in turn" and processes == "5" and float(spread) < 0.05
    assert ratio.startswith("*") is (slower > 1)
    assert any("took turns" in note for note in table.notes)


def test_a_copy_without_its_like_makes_no_row():
    (table,) = sections([run for run in records(1.0) if run.copy == "A"])
    assert not table.rows
