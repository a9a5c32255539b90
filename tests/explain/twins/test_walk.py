"""The walk between two trainings of a user's: what is turned, where it ends, its table."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.explain.explained import Explained
from benchmarks.explain.twins.layers import of_dropout, of_layers
from benchmarks.explain.twins.losses import of_losses
from benchmarks.explain.twins.optimizers import COUPLING, of_optimizers
from benchmarks.explain.twins.switch import Found
from benchmarks.explain.twins.walk import EXCHANGED, ORDER, READ, found_of, twin_walk
from benchmarks.explain.walk import OWN
from benchmarks.explain.walk_table import sections
from common.regime import NATIVE
from common.twins.problem import read_twins
from common.twins.turns import Loss, Turns
from tests.explain.twins.samples import ADAM, NAMES, TWINS, norm, paired, sides, walked
from tests.sample_records import made


def test_a_walk_turns_a_switch_a_step_and_ends_where_the_other_side_is():
    other = ADAM._replace(rule=replace(ADAM.rule, coupled=True))
    found = of_optimizers(NAMES, ADAM, other)
    found.add(of_layers(paired(norm("a", epsilon=1e-3), norm("b", epsilon=1e-5)), NAMES))
    walk = walked(found)
    names = [step.switch for step in walk.steps]
    reading = READ.format("keras")
    middle = [reading, COUPLING, "epsilon of batch_norm", ORDER, EXCHANGED]
    assert names == [OWN, *middle, OWN]
    assert [walk.regimes[arm] for arm in (walk.arms[0], walk.arms[-1])] == [NATIVE, NATIVE]
    assert [walk.problems[arm] for arm in (walk.arms[0], walk.arms[-1])] == [TWINS, TWINS]
    before = walk.problems[walk.arms[5]].turns
    assert before == Turns(layers=(("a", "epsilon", 1e-5),), rule=other.rule, rate=1e-3)
    assert walk.problems[walk.arms[6]].turns == Turns()  # torch by itself, in the order of both
    orders = [walk.regimes[arm].order for arm in walk.arms]
    assert orders == [None, *["repeated"] * 4, *["reshuffled"] * 2, None]
    assert len({arm.regime for arm in walk.arms[1:-1]}) == 6 and all(s.paired for s in walk.steps)
    first = walked(found, order=["epsilon of batch_norm"])
    assert first.steps[1].switch == "epsilon of batch_norm"
    with pytest.raises(ValueError, match="no switch 'rho'"):
        walked(found, order=["rho"])


def test_what_the_start_cannot_be_given_is_turned_at_the_goal():
    found = of_dropout(([], [("drop", 0.5)]), NAMES)
    walk = walked(found)
    names = [step.switch for step in walk.steps]
    assert names == [OWN, ORDER, EXCHANGED, "dropout of torch", OWN]
    without = walk.problems[walk.arms[3]]
    assert walk.arms[3].framework == "torch" and without.turns.without_dropout
    back = walked(found, back=True)
    assert [s.switch for s in back.steps] == [OWN, "dropout of torch", ORDER, EXCHANGED, OWN]
    assert back.steps[1].new == "off"


def test_weights_that_both_draw_alike_are_shared_from_the_first_step_on():
    walk = walked(Found([], {}), alike=(("d/kernel",), ("e/kernel",)))
    assert walk.problems[walk.arms[1]].turns == Turns(initial=("d/kernel",), giver="torch")
    assert [step.paired for step in walk.steps] == [False, True, True, True]
    back = walked(Found([], {}), alike=(("d/kernel",), ("e/kernel",)), back=True)
    assert back.problems[back.arms[1]].turns == Turns(initial=("e/kernel",), giver="keras")


def test_one_loss_judges_all_arms_where_the_two_have_their_own():
    one = Loss("categorical_crossentropy", "probabilities")
    other = one._replace(form="logits", a_row=True)
    walk = walked(of_losses("functions", NAMES, [one, other]), losses=(one, other))
    judged = [walk.problems[arm].turns.judged for arm in walk.arms]
    assert {loss.form for loss in judged[:-2]} == {"probabilities"}
    assert judged[-1] == one._replace(form="logits")
    same = walked(Found([], {}), losses=(one, one._replace(form="logits")))
    assert all(same.problems[arm].turns.judged is None for arm in same.arms)


def test_the_table_names_the_steps_and_what_is_none(tmp_path):
    (tmp_path / "mine.py").write_text('LOSS, INPUT = "huber", (4,)\n')
    twins = replace(read_twins(tmp_path / "mine.py"), output_shapes=((3,),))
    found = of_layers(paired(norm("a", epsilon=1e-3), norm("b", epsilon=1e-5)), NAMES)
    both = sides(found)
    walk = twin_walk(twins, both, found_of(both, Found([], {})), ((), ()))
    turned_at = [step.switch for step in walk.steps].index("epsilon of batch_norm")

    def record(number, arm, seed):
        value = 0.5 + 0.1 * (number > turned_at) + 0.01 * seed
        where = {"problem": arm.problem, "framework": arm.framework, "regime": arm.regime}
        more = {"metrics": {"loss": value}, "process": "a", "steady_epoch_seconds": 1.0}
        return made(kind="explain", seed=seed, **where, **more)

    records = {
        arm: {seed: record(number, arm, seed) for seed in range(3)}
        for number, arm in enumerate(walk.arms)
    }
    (section,) = sections(Explained(twins, (walk,), records, {}))
    assert [len(row) for row in section.rows] == [len(section.headings)] * len(section.rows)
    table = {row[0]: row for row in section.rows}
    assert table["epsilon of batch_norm"][4] == "*+0.1000 [+0.1000, +0.1000]"
    assert table[ORDER][4] == "0 exactly"
    notes = " ".join(section.notes)
    assert "no step for last batch: the same on both sides: kept" in notes
    assert "the largest first: epsilon of batch_norm (+0.1000)" in notes
    assert "first seen at" not in notes
