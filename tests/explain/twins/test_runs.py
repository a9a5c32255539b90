"""What the runs of a walk are given, and where their records lie."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from benchmarks.explain.twins.layers import of_layers
from benchmarks.explain.twins.runs import TwinWalked, keep_draws
from benchmarks.explain.walk import plan_walks
from common.twins.turned import Turned
from common.twins.turns import Turns
from tests.explain.twins.samples import MATCHING, NAMES, TWINS, norm, paired, walked


def test_what_a_side_draws_reaches_the_model_that_is_given_it(tmp_path):
    ones = [{"d/kernel": np.full((16, 8), s), "d/bias": np.zeros(8)} for s in (1.0, 2.0)]
    others = [{name: 10 * value for name, value in of.items()} for of in ones]
    keep_draws(tmp_path, MATCHING, NAMES, [3, 4], (ones, others))
    exchanged = Turns(initial=("d/kernel",), giver="torch")
    known = {each.name: getattr(TWINS, each.name) for each in fields(TWINS)}
    problem = Turned(**known, exchanged=exchanged, folder=str(tmp_path))
    given = problem.initial("keras", 4)
    assert given.keys() == {"d/kernel"} and np.all(given["d/kernel"] == 20)
    assert Turned(**known).initial("keras", 4) == {} == TWINS.initial("keras", 4)


def test_runs_of_a_walk_have_keys_of_their_own_wherever_their_draws_lie():
    found = of_layers(paired(norm("a", epsilon=1e-3), norm("b", epsilon=1e-5)), NAMES)
    walk = walked(found)
    jobs = plan_walks(TWINS, [walk], range(2), content="sha256:1")
    keys = {TwinWalked.of(job, draws=draws).key for job in jobs for draws in ("/a", "/b")}
    assert len(keys) == len(jobs) == 2 * len(walk.arms)
    assert {job.problem.turns.layers for job in jobs} == {(), (("a", "epsilon", 1e-5),)}
